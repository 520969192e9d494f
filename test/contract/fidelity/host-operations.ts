/** What an agent does to the VMs of two hosts, drawn at random, and what befalls their libvirt. */
import fc from 'fast-check';

export const hostIds = ['h1', 'h2'] as const;
export type HostId = (typeof hostIds)[number];

/** `disk`: with a disk that QEMU locks, listens to the power button. `bare`: neither. */
export const vmNames = ['disk', 'bare'] as const;
export type VmName = (typeof vmNames)[number];

/**
 * `aborted`, `late`: ended on the way, by order or by its deadline. `source-lost`, `target-lost`: libvirt there is
 * killed on the way. `occupied`: a copy is started on the target once that has been prepared.
 */
export type Course =
  | 'live'
  | 'paused'
  | 'aborted'
  | 'late'
  | 'source-lost'
  | 'target-lost'
  | 'occupied';

export type HostOperation =
  | {
      readonly type:
        | 'start'
        | 'start-namesake'
        | 'pull-plug'
        | 'press-button'
        | 'suspend'
        | 'resume'
        | 'destroy-leftover'
        | 'abort'
        | 'inspect';
      readonly at: HostId;
      readonly vm: VmName;
    }
  | { readonly type: 'migrate'; readonly at: HostId; readonly vm: VmName; readonly course: Course }
  | { readonly type: 'restart-libvirt'; readonly at: HostId };

const at = fc.constantFrom(...hostIds);
const vm = fc.constantFrom(...vmNames);
const plain = fc.record({
  type: fc.constantFrom<Exclude<HostOperation['type'], 'migrate' | 'restart-libvirt'>>(
    // Most of the others need a VM.
    ...Array.from({ length: 8 }, () => 'start' as const),
    'start-namesake',
    'pull-plug',
    'press-button',
    'suspend',
    'resume',
    'resume',
    'destroy-leftover',
    'abort',
    'inspect',
  ),
  at,
  vm,
});
const migrate = fc.record({
  type: fc.constant('migrate'),
  at,
  vm,
  course: fc.constantFrom<Course>(
    'live',
    'live',
    'paused',
    'aborted',
    'late',
    'source-lost',
    'target-lost',
    'occupied',
  ),
});
const restart = fc.record({ type: fc.constant('restart-libvirt'), at });

export const hostOperation = fc.oneof(
  { arbitrary: plain, weight: 12 },
  { arbitrary: migrate, weight: 8 },
  { arbitrary: restart, weight: 1 },
) as fc.Arbitrary<HostOperation>;

export function sayHost(operation: HostOperation): string {
  return Object.values(operation).join(' ');
}

/** Stories that chance takes long to tell. */
export const hostStories: readonly (readonly HostOperation[])[] = [
  [
    { type: 'start', at: 'h1', vm: 'disk' },
    { type: 'migrate', at: 'h1', vm: 'disk', course: 'aborted' },
    { type: 'migrate', at: 'h1', vm: 'disk', course: 'late' },
    { type: 'migrate', at: 'h1', vm: 'disk', course: 'source-lost' },
    { type: 'migrate', at: 'h1', vm: 'disk', course: 'target-lost' },
    { type: 'migrate', at: 'h1', vm: 'disk', course: 'paused' },
    { type: 'migrate', at: 'h2', vm: 'disk', course: 'live' },
    { type: 'resume', at: 'h2', vm: 'disk' },
    { type: 'migrate', at: 'h2', vm: 'disk', course: 'live' },
    { type: 'press-button', at: 'h1', vm: 'disk' },
  ],
  [
    { type: 'start', at: 'h1', vm: 'bare' },
    { type: 'migrate', at: 'h1', vm: 'bare', course: 'occupied' },
    { type: 'migrate', at: 'h1', vm: 'bare', course: 'live' },
    { type: 'start', at: 'h1', vm: 'bare' },
    { type: 'start-namesake', at: 'h1', vm: 'bare' },
    { type: 'press-button', at: 'h1', vm: 'bare' },
    { type: 'suspend', at: 'h1', vm: 'bare' },
    { type: 'destroy-leftover', at: 'h2', vm: 'bare' },
    { type: 'destroy-leftover', at: 'h1', vm: 'bare' },
    { type: 'resume', at: 'h1', vm: 'bare' },
  ],
];
