/**
 * What one host says about its copy of a VM. The resolver decides from two of these, never from the
 * return value of a migration call.
 */

/** `absent`: libvirt does not know the VM, or only an inactive definition of it. */
export type ObservedVmState =
  | 'absent'
  | 'running'
  | 'paused-migrating'
  | 'paused-io-error'
  | 'paused'
  | 'shut-off'
  | 'crashed';

export interface ObservedVm {
  readonly state: ObservedVmState;
  /** libvirt has a migration job on this copy right now. */
  readonly migrating: boolean;
}

/** `silent`: the host did not answer; nothing may be concluded from that. */
export type Observation = ObservedVm | 'silent';

/**
 * What to do about a migration whose outcome is not known.
 *
 * - `going`: still under way, adopt it and wait
 * - `moved`: commit the target as owner; `destroySource` where a paused copy is left there
 * - `stayed`: the source keeps the VM; `resumeSource` where libvirt left it paused, `destroyTarget` where a
 *   paused copy is left on the target. Where both: resume first, so that no last whole copy is ever destroyed
 * - `lost`: neither host has it; it crashed on the way
 * - `resume-target`: paused-mode migration, the source is gone: resume the copy on the target, then commit
 * - `both-running`: a broken promise; pause nothing, alarm, keep for a person
 * - `wait`: not enough is known
 */
export type MigrationVerdict =
  | { readonly type: 'going' }
  | { readonly type: 'moved'; readonly destroySource: boolean }
  | { readonly type: 'stayed'; readonly resumeSource: boolean; readonly destroyTarget: boolean }
  | { readonly type: 'lost' }
  | { readonly type: 'resume-target' }
  | { readonly type: 'both-running' }
  | { readonly type: 'wait'; readonly forHost: 'source' | 'target' | 'either' };
