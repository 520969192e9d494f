/** The flags of `rule create` and `rule set` as what the API takes. */
import { api, parseValue, RuleSpec, ruleTypes } from '@drover/protocol';
import { UsageError } from './usage-error.ts';
import { parseLabels } from './vm-flags.ts';

export interface RuleFlags {
  readonly vm: readonly string[];
  readonly vmLabel: readonly string[];
  readonly host: readonly string[];
  readonly hostLabel: readonly string[];
  readonly over?: string;
  readonly maxSkew?: number;
  readonly soft?: boolean;
  readonly hard?: boolean;
  readonly weight?: number;
  readonly bends?: boolean;
}

export function parseRuleFlags(name: string, type: string, flags: RuleFlags): api.RuleCreate {
  const spec = { type, strength: flags.soft === true ? 'soft' : 'hard', ...partsOf(type, flags) };
  if (flags.vm.length + flags.vmLabel.length === 0) {
    throw new UsageError('say which VMs: --vm NAME, or --vm-label KEY=VALUE for those to come too');
  }
  const parsed = parseValue(api.RuleCreate, { name, spec });
  if (!parsed.ok) throw new UsageError(`the rule is not right: ${parsed.reason}`);
  return parsed.value;
}

/** What is given takes the place of what there was. */
export function changedRule(spec: RuleSpec, flags: RuleFlags): RuleSpec {
  const { strength, weight, bendsForDrain, ...rest } = spec;
  const now = flags.soft === true ? 'soft' : flags.hard === true ? 'hard' : strength;
  const kept = now === 'soft' ? { weight } : { bendsForDrain };
  const changed = { ...rest, strength: now, ...kept, ...partsOf(spec.type, flags, spec) };
  const present = Object.entries(changed).filter(([, value]) => value !== undefined);
  const parsed = parseValue(RuleSpec, Object.fromEntries(present));
  if (!parsed.ok) throw new UsageError(`the rule is not right: ${parsed.reason}`);
  return parsed.value;
}

function partsOf(type: string, flags: RuleFlags, former?: RuleSpec): object {
  if (!(ruleTypes as readonly string[]).includes(type)) {
    throw new UsageError(`“${type}” is no type of rule: give ${ruleTypes.join(', ')}`);
  }
  const isOfHosts = type === 'pinned' || type === 'away';
  const hosts = selectorOf(flags.host, flags.hostLabel);
  if (isOfHosts && hosts === undefined && former === undefined) {
    throw new UsageError(`a rule of type ${type} needs --host or --host-label`);
  }
  if (!isOfHosts && hosts !== undefined) {
    throw new UsageError(`a rule of type ${type} takes no --host: it is about places of one kind`);
  }
  if (isOfHosts && flags.over !== undefined) {
    throw new UsageError(`a rule of type ${type} takes no --over: it names its hosts`);
  }
  if (type !== 'spread' && flags.maxSkew !== undefined) {
    throw new UsageError('--max-skew is of rules of type spread');
  }
  const vms = selectorOf(flags.vm, flags.vmLabel);
  return {
    ...(vms === undefined ? {} : { vms }),
    ...(hosts === undefined ? {} : { hosts }),
    ...(flags.over !== undefined
      ? { over: flags.over }
      : isOfHosts || former !== undefined
        ? {}
        : { over: 'host' }),
    ...(flags.maxSkew !== undefined
      ? { maxSkew: flags.maxSkew }
      : type === 'spread' && former === undefined
        ? { maxSkew: 1 }
        : {}),
    ...(flags.weight === undefined ? {} : { weight: flags.weight }),
    ...(flags.bends === undefined ? {} : { bendsForDrain: flags.bends }),
  };
}

function selectorOf(ids: readonly string[], labels: readonly string[]) {
  if (ids.length + labels.length === 0) return undefined;
  return {
    ...(ids.length === 0 ? {} : { ids }),
    ...(labels.length === 0 ? {} : { labels: parseLabels(labels) }),
  };
}
