/**
 * Hard rules are kept: no VM begins to go where the records of all others say that a rule would be broken by it, if who
 * decided that knew the rule. What breaks a rule when it is saved stays where it is, and may be moved anywhere that is
 * right. Reckoned without the core's own book of rules. Evenness is left out: it depends on what hosts are believed to be.
 */
import type { OperationRecord, RuleRecord } from '@drover/protocol';
import type { Checker } from './checker.ts';
import { recordsOf } from './records.ts';
import type { Records, Truth } from './truth.ts';

type Spec = RuleRecord['spec'];

export const rulesKept: Checker = {
  name: 'rules-kept',
  committed({ changes }, truth) {
    for (const change of changes) {
      const { before, after } = recordsOf<OperationRecord>(change, 'operation') ?? {};
      if (after?.state !== 'running' || before?.state === 'running') continue;
      if (after.type !== 'start' && after.type !== 'migrate') continue;
      // It throws saved memory away first; a place comes later.
      if (after.target === undefined) continue;
      const broken = [...truth.records.rules.values()].find(
        ({ rule, revision }) =>
          rule.spec.strength === 'hard' &&
          revision <= truth.decidedFrom(after.epoch) &&
          breaks(truth, rule, after),
      );
      if (broken !== undefined) {
        const { vmName, target, type } = after;
        return `${type} ${vmName} to ${target} has begun, and breaks rule ${broken.rule.name}`;
      }
    }
    return undefined;
  },
};

function breaks({ records, byHand }: Truth, { name, spec }: RuleRecord, one: OperationRecord) {
  const { vmId = '', target = '', along = [] } = one;
  if (!isAbout(records, spec, vmId)) return false;
  const parent = records.operations.get(one.parentId ?? '');
  if (parent?.type === 'enforce' && parent.rule === name) return false;
  if (parent?.type === 'drain' && spec.bendsForDrain === true) return false;
  if ('hosts' in spec) {
    const isNamed = spec.hosts.ids?.includes(target);
    return isNamed !== undefined && isNamed !== (spec.type === 'pinned');
  }
  if (spec.type === 'spread' || spec.over !== 'host') return false;
  const lost = parent?.type === 'recover' ? parent.hostId : undefined;
  const others = [...records.vms.keys()].filter(
    (id) => id !== vmId && !along.includes(id) && !byHand.has(id) && isAbout(records, spec, id),
  );
  const places = others
    .map((id) => placesOf(records, id).filter((hostId) => hostId !== lost))
    .filter((hosts) => hosts.length > 0);
  return spec.type === 'apart'
    ? places.some((hosts) => hosts.includes(target))
    : places.some((hosts) => !hosts.includes(target));
}

function isAbout({ vms }: Records, { vms: { ids, labels } }: Spec, vmId: string): boolean {
  const vm = vms.get(vmId);
  if (vm === undefined) return false;
  const wanted = Object.entries(labels ?? {});
  return (
    ids?.includes(vmId) === true ||
    (wanted.length > 0 && wanted.every(([key, value]) => vm.spec.labels?.[key] === value))
  );
}

const holding = new Set([
  'starting',
  'running',
  'paused',
  'migrating',
  'stopping',
  'saving',
  'unknown',
]);

/** Where it is, and where it is on its way to. */
function placesOf({ assignments, operations }: Records, vmId: string): readonly string[] {
  const { hostId, state = '' } = assignments.get(vmId) ?? {};
  const goals = [...operations.values()].filter(
    (one) =>
      one.vmId === vmId &&
      one.state === 'running' &&
      one.step !== 'tidy' &&
      (one.type === 'start' || (one.type === 'migrate' && one.mode !== 'cold')),
  );
  return [
    ...(hostId !== undefined && holding.has(state) ? [hostId] : []),
    ...goals.flatMap(({ target }) => target ?? []),
  ];
}
