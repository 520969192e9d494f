/**
 * VMs as the core sees them, made from their records. Few change from one look to the next: one whose records are the
 * same is the same VM.
 */
import type { AssignmentRecord, RecordMirror, VmIntentRecord } from '@drover/protocol';
import type { Vm } from '@drover/core';
import { disksToMake, hasToBeMade } from './pool-sizes.ts';
import { migrationModeOf, poolOf, shapeOf } from './vm-shape.ts';
import { promisedSize, resourcesOf } from './vm-size.ts';

interface Known {
  readonly assignment: AssignmentRecord | undefined;
  /** Of its disks, in order. */
  readonly pools: string;
  readonly vm: Vm;
}

export class VmMemo {
  #known = new WeakMap<VmIntentRecord, Known>();
  #pools = '';

  vmsOf(mirror: RecordMirror): ReadonlyMap<string, Vm> {
    // How a VM migrates depends on its pools.
    const pools = [...mirror.pools.values()]
      .map(({ value: { name, spec } }) => `${name} ${spec.type}`)
      .join('\n');
    if (pools !== this.#pools) this.#known = new WeakMap();
    this.#pools = pools;
    const vms = new Map<string, Vm>();
    for (const { value } of mirror.vmIntents.values()) vms.set(value.id, this.#vm(mirror, value));
    return vms;
  }

  #vm(mirror: RecordMirror, intent: VmIntentRecord): Vm {
    const assignment = mirror.assignments.get(intent.id)?.value;
    // A disk may have moved to another pool since the VM was declared.
    const pools = intent.spec.disks.map((disk, index) => poolOf(mirror, intent.id, disk, index));
    const key = pools.join(' ');
    // What its disks will take follows from other records.
    if (hasToBeMade(assignment)) return vmOf(mirror, intent, assignment, pools);
    const known = this.#known.get(intent);
    if (known?.assignment === assignment && known?.pools === key) return known.vm;
    const vm = vmOf(mirror, intent, assignment, pools);
    this.#known.set(intent, { assignment, pools: key, vm });
    return vm;
  }
}

function vmOf(
  mirror: RecordMirror,
  intent: VmIntentRecord,
  assignment: AssignmentRecord | undefined,
  pools: readonly string[],
): Vm {
  const { id, name, spec } = intent;
  const { balance = 'cluster' } = spec;
  const { saved } = assignment ?? {};
  const { accelerator = 'kvm', qemuVersion = 0 } = saved ?? {};
  const disks = hasToBeMade(assignment) ? disksToMake(mirror, spec.disks) : [];
  return {
    ...shapeOf(spec),
    request: resourcesOf(promisedSize(spec, assignment)),
    // Its memory too has to be reached where it goes on.
    pools: [...new Set([...pools, ...(saved === undefined ? [] : [saved.pool])])],
    ...(saved === undefined ? {} : { memoryOf: { accelerator, qemuVersion } }),
    ...(disks.length === 0 ? {} : { disks }),
    ...(assignment?.filesHostId === undefined ? {} : { filesHostId: assignment.filesHostId }),
    id,
    name,
    state: assignment?.state ?? 'pending',
    ...(assignment?.hostId === undefined ? {} : { hostId: assignment.hostId }),
    generation: assignment?.generation ?? 0,
    migrationMode: migrationModeOf(mirror, pools),
    ...(balance === 'cluster' ? {} : { balance }),
  };
}
