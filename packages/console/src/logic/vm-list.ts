/** The table of VMs: which are shown, and in which order. */
import { naturally } from './map-view.ts';
import type { Vm } from './types.ts';

export type SortKey = 'name' | 'state' | 'host' | 'memory' | 'vcpus' | 'age';

export interface VmFilter {
  readonly text: string;
  readonly state: string;
  readonly host: string;
}

/** `text` is looked for in the name, the id and `key=value` of labels. */
export function filterVms(vms: Iterable<Vm>, filter: VmFilter): readonly Vm[] {
  const text = filter.text.trim().toLowerCase();
  return [...vms].filter(
    (vm) =>
      (filter.state === '' || vm.state === filter.state) &&
      (filter.host === '' || vm.hostId === filter.host) &&
      (text === '' || searchable(vm).includes(text)),
  );
}

function searchable({ name, id, spec }: Vm): string {
  const labels = Object.entries(spec.labels ?? {}).map(([key, value]) => `${key}=${value}`);
  return [name, id, ...labels].join(' ').toLowerCase();
}

export function sortVms(vms: readonly Vm[], key: SortKey, isDescending: boolean): readonly Vm[] {
  const by: Readonly<Record<SortKey, (one: Vm, other: Vm) => number>> = {
    name: (one, other) => naturally(one.name, other.name),
    state: (one, other) => naturally(one.state, other.state),
    host: (one, other) => naturally(one.hostId ?? '', other.hostId ?? ''),
    memory: (one, other) => one.spec.memoryMib - other.spec.memoryMib,
    vcpus: (one, other) => one.spec.vcpus - other.spec.vcpus,
    age: (one, other) => other.createdAtMs - one.createdAtMs,
  };
  const compare = by[key];
  const sign = isDescending ? -1 : 1;
  return vms.toSorted(
    (one, other) => sign * compare(one, other) || naturally(one.name, other.name),
  );
}

/** To choose from; what is chosen stays there when the last VM leaves that state. */
export const statesOf = (vms: Iterable<Vm>, chosen: string): readonly string[] =>
  [...new Set([...[...vms].map((vm) => vm.state), ...(chosen === '' ? [] : [chosen])])].toSorted();

/** What may be asked of a VM as it is; the API has the last word. */
export interface VmVerbs {
  readonly start: boolean;
  readonly stop: boolean;
  /** Its memory into a file, and off. */
  readonly save: boolean;
  /** Of one that is saved: go on from there. */
  readonly resume: boolean;
  readonly pause: boolean;
  readonly unpause: boolean;
  readonly reboot: boolean;
  /** Another name, or a new VM like it. */
  readonly rename: boolean;
  readonly clone: boolean;
  readonly move: boolean;
  readonly resize: boolean;
  readonly remove: boolean;
}

export function verbsOf(vm: Vm): VmVerbs {
  const isBusy = vm.operationId !== undefined;
  const isOff = vm.state === 'stopped' || vm.state === 'pending' || vm.state === 'crashed';
  return {
    start: !isBusy && isOff,
    stop: !isBusy && vm.state === 'running',
    save: !isBusy && vm.state === 'running',
    resume: !isBusy && vm.state === 'saved',
    pause: !isBusy && vm.state === 'running',
    unpause: !isBusy && vm.state === 'paused',
    reboot: !isBusy && vm.state === 'running',
    rename: !isBusy && isOff,
    clone: !isBusy && isOff,
    move: !isBusy && vm.state === 'running',
    resize: !isBusy && (isOff || vm.state === 'running' || vm.state === 'paused'),
    remove: !isBusy && isOff,
  };
}
