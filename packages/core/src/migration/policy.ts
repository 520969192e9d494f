/**
 * How a VM may be moved while it runs: what it may cost the VM and the network, and what is done when it does
 * not get done. Three presets, and values that replace single fields of them.
 */

import type { MigrationMode } from '../cluster/vm.ts';

/** `throttle` is QEMU's auto-converge: the VM gets less of its CPUs, a step more after each round that gained nothing. */
export interface ThrottleLadder {
  readonly startPercent: number;
  readonly stepPercent: number;
  /** Above it the move counts as stuck: a VM that hardly runs is not a VM that runs. */
  readonly atMostPercent: number;
}

/**
 * What is done once every rung is used up. `give-up`: the VM runs on where it is, and is left alone for a while.
 * `post-copy`: it goes over before its memory has; a link or a host that is lost then takes the VM with it.
 */
export type WhenStuck = 'give-up' | 'post-copy';

export interface MigrationPolicy {
  /** The most that one move may take of a link; absent: what there is. */
  readonly bandwidthMibps?: number;
  /** Connections for the memory, side by side. */
  readonly streams: number;
  /** How long the VM may stand still at the switch-over: the first from the start, each next one when it is stuck. */
  readonly downtimeLadderMs: readonly number[];
  /** Absent: the VM is never slowed down. */
  readonly throttle?: ThrottleLadder;
  /** So long without less left to copy than ever before is stuck. */
  readonly stallSeconds: number;
  /** How many times as long as one copy of its memory takes a move may last, and the least that it is given. */
  readonly timeoutFactor: number;
  readonly timeoutAtLeastSeconds: number;
  readonly whenStuck: WhenStuck;
  /** How long a VM is left alone that could not be moved. */
  readonly restMinutes: number;
}

export const migrationPresets = {
  /** Nothing that the VM would feel: no slowing down, and little more than the blink of a switch-over. */
  gentle: {
    streams: 1,
    downtimeLadderMs: [100, 200, 300],
    stallSeconds: 15,
    timeoutFactor: 5,
    timeoutAtLeastSeconds: 120,
    whenStuck: 'give-up',
    restMinutes: 30,
  },
  balanced: {
    streams: 1,
    downtimeLadderMs: [200, 300, 500],
    throttle: { startPercent: 10, stepPercent: 10, atMostPercent: 70 },
    stallSeconds: 15,
    timeoutFactor: 10,
    timeoutAtLeastSeconds: 300,
    whenStuck: 'give-up',
    restMinutes: 30,
  },
  /** For a host that has to be empty: the VM may be slowed down to a crawl, and stand still for seconds. */
  'must-finish': {
    streams: 1,
    downtimeLadderMs: [300, 500, 1_000, 2_000, 5_000],
    throttle: { startPercent: 20, stepPercent: 20, atMostPercent: 99 },
    stallSeconds: 10,
    timeoutFactor: 30,
    timeoutAtLeastSeconds: 900,
    whenStuck: 'give-up',
    restMinutes: 5,
  },
} as const satisfies Readonly<Record<string, MigrationPolicy>>;

export type MigrationPreset = keyof typeof migrationPresets;
export const migrationPresetNames = Object.keys(migrationPresets) as readonly MigrationPreset[];
export const defaultMigrationPreset: MigrationPreset = 'balanced';

/**
 * What somebody wrote: a preset, and what is different from it. Without a preset the fields replace what holds
 * already. `throttle: false` is never to slow the VM down.
 */
export type MigrationWish = Readonly<
  Partial<Omit<MigrationPolicy, 'throttle'>> & {
    preset?: MigrationPreset;
    throttle?: ThrottleLadder | false;
  }
>;

export type MigrationField = keyof MigrationPolicy;

/** Wishes in the order in which they hold; a later one replaces what an earlier one said. */
export interface MigrationWishes {
  readonly cluster?: MigrationWish;
  /** For each VM with that label, in the order of the list. */
  readonly byLabel?: readonly { readonly label: string; readonly wish: MigrationWish }[];
  readonly vm?: MigrationWish;
  /** Of the person who asks for this one move. */
  readonly request?: MigrationWish;
}

export interface EffectivePolicy {
  readonly policy: MigrationPolicy;
  /** By field, who said so: `preset balanced`, `the cluster`, `label tier=db`, `the VM`. */
  readonly from: Readonly<Partial<Record<MigrationField, string>>>;
}

/** `label`: `key=value`, or `key` for any value. */
export function effectivePolicy(
  labels: Readonly<Record<string, string>>,
  wishes: MigrationWishes = {},
): EffectivePolicy {
  const said: { readonly who: string; readonly wish: MigrationWish }[] = [
    { who: '', wish: { preset: defaultMigrationPreset } },
  ];
  if (wishes.cluster) said.push({ who: 'the cluster', wish: wishes.cluster });
  for (const { label, wish } of wishes.byLabel ?? []) {
    if (hasLabel(labels, label)) said.push({ who: `label ${label}`, wish });
  }
  if (wishes.vm) said.push({ who: 'the VM', wish: wishes.vm });
  if (wishes.request) said.push({ who: 'the request', wish: wishes.request });
  let fields: Partial<Record<MigrationField, unknown>> = {};
  let from: Partial<Record<MigrationField, string>> = {};
  for (const { who, wish } of said) {
    const { preset, ...changes } = wish;
    if (preset) {
      fields = { ...migrationPresets[preset] };
      const named = `preset ${preset}${who === '' ? '' : ` of ${who}`}`;
      from = Object.fromEntries(Object.keys(fields).map((field) => [field, named]));
    }
    for (const [field, value] of Object.entries(changes) as [MigrationField, unknown][]) {
      if (value === undefined) continue;
      from[field] = who;
      if (value === false) delete fields[field];
      else fields[field] = value;
    }
  }
  const policy = fields as unknown as MigrationPolicy;
  if (policy.whenStuck !== 'post-copy' || policy.streams === 1) return { policy, from };
  const why = 'post-copy, which goes with one stream only';
  return { policy: { ...policy, streams: 1 }, from: { ...from, streams: why } };
}

function hasLabel(labels: Readonly<Record<string, string>>, label: string): boolean {
  const at = label.indexOf('=');
  if (at < 0) return Object.hasOwn(labels, label);
  const key = label.slice(0, at);
  return Object.hasOwn(labels, key) && labels[key] === label.slice(at + 1);
}

/** What cannot be meant by a wish, or nothing. Ranges of single fields are the schema's to check. */
export function problemWithWish(wish: MigrationWish): string | undefined {
  const { downtimeLadderMs: ladder, throttle, whenStuck } = wish;
  if (ladder?.some((ms, at) => at > 0 && ms <= (ladder[at - 1] ?? 0))) {
    return `each rung of downtimeLadderMs has to be longer than the one before: ${ladder.join(', ')}`;
  }
  if (throttle && throttle.startPercent > throttle.atMostPercent) {
    return `throttle starts at ${throttle.startPercent} %, above its own limit of ${throttle.atMostPercent} %`;
  }
  if (whenStuck === 'post-copy') {
    return 'post-copy is not offered yet: one that breaks would have to be taken up again, and is not';
  }
  return undefined;
}

/** What a move by this policy may do besides the ordinary; the tunnel between the hosts passes nothing else. */
export type MigrationExtra = 'post-copy' | 'parallel';

export function extrasOf(
  { whenStuck, streams }: MigrationPolicy,
  mode: MigrationMode,
): readonly MigrationExtra[] {
  if (whenStuck === 'post-copy') return mode === 'live' ? ['post-copy'] : [];
  return streams > 1 ? ['parallel'] : [];
}
