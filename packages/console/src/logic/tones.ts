/** Which tone a state has, everywhere the same. States of a newer API are idle. */
import type { Host, Operation, Tone } from './types.ts';

const hosts: Readonly<Record<Host['state'], Tone>> = {
  ready: 'good',
  cordoned: 'warn',
  draining: 'move',
  drained: 'idle',
  suspect: 'warn',
  down: 'bad',
};

const vms: Readonly<Record<string, Tone>> = {
  running: 'good',
  starting: 'move',
  migrating: 'move',
  stopping: 'move',
  saving: 'move',
  saved: 'idle',
  stopped: 'idle',
  pending: 'idle',
  crashed: 'bad',
  unknown: 'bad',
};

const operations: Readonly<Record<Operation['state'], Tone>> = {
  pending: 'idle',
  running: 'move',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'warn',
  blocked: 'bad',
};

const conditions: Readonly<Record<string, Tone>> = {
  reachable: 'good',
  full: 'warn',
  'read-only': 'warn',
};

export const hostTone = (state: Host['state']): Tone => hosts[state] ?? 'idle';
export const operationTone = (state: Operation['state']): Tone => operations[state] ?? 'idle';
/** How a pool is on one host: whatever is not known to be harmless is shown as wrong. */
export const conditionTone = (condition: string): Tone => conditions[condition] ?? 'bad';

/** `observed` is what its host says; where that is not what the record says, it needs a look. */
export function vmTone(vm: {
  readonly state: string;
  readonly observed?: string | undefined;
}): Tone {
  if (vm.observed === 'crashed' || vm.observed === 'paused') return 'bad';
  return vms[vm.state] ?? 'idle';
}

const images: Readonly<Record<string, Tone>> = {
  importing: 'move',
  ready: 'good',
  failed: 'bad',
  altered: 'bad',
  deleting: 'warn',
};

export const imageTone = (state: string): Tone => images[state] ?? 'idle';
