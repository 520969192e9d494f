/**
 * Rules: which VMs belong together or apart, and on which hosts. A hard rule is never broken by a plan; a
 * soft one costs points. Whom a rule is about is said by ids or by labels, so that it holds for VMs to come.
 */

export type RuleId = string;

/** All that match: one of the ids, or every label. Empty selects nothing. */
export interface Selector {
  readonly ids?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
}

/** What counts as one place for a rule. Hosts that do not say their zone are in one nameless zone. */
export type Scope = 'host' | 'zone' | 'rack';

interface RuleBase {
  readonly id: RuleId;
  readonly strength: 'hard' | 'soft';
  /** Of a soft rule: points for each VM that breaks it, 1 to 100; 10 if absent. */
  readonly weight?: number;
  /** A hard rule that a drain may break where it finds no other way. */
  readonly bendsForDrain?: boolean;
  readonly vms: Selector;
}

export type Rule =
  /** All in one scope; or no two in the same. */
  | (RuleBase & { readonly type: 'together' | 'apart'; readonly over: Scope })
  /** Only on these hosts; or on any but these. */
  | (RuleBase & { readonly type: 'pinned' | 'away'; readonly hosts: Selector })
  /** Evenly: the numbers in any two scopes differ by `maxSkew` at most. */
  | (RuleBase & { readonly type: 'spread'; readonly over: Scope; readonly maxSkew: number });

export function selects(
  selector: Selector,
  one: { readonly id?: string; readonly labels: Readonly<Record<string, string>> },
): boolean {
  if (one.id !== undefined && selector.ids?.includes(one.id) === true) return true;
  const wanted = Object.entries(selector.labels ?? {});
  return wanted.length > 0 && wanted.every(([key, value]) => one.labels[key] === value);
}
