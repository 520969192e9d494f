/** A host, and the word that it is off. */
import { Type, type Static } from 'typebox';
import { Inventory } from '../agent-message.ts';
import { Count, Labels, Name } from '../names.ts';
import { PoolCondition } from '../pool-spec.ts';
import { Conditions } from './condition.ts';
import { closed, named, Text } from './shape.ts';

const ResourcesBody = Type.Object({ cpuMilli: Count, memoryMib: Count }, closed);

export const HostBody = Type.Object(
  {
    id: Name,
    /** `drained`: cordoned, and its drain ended with nothing left on it. */
    state: Type.Union([
      Type.Literal('ready'),
      Type.Literal('cordoned'),
      Type.Literal('draining'),
      Type.Literal('drained'),
      Type.Literal('suspect'),
      Type.Literal('down'),
    ]),
    schedulable: Type.Boolean(),
    reasons: Type.Array(Text),
    conditions: Conditions,
    arch: Text,
    accelerator: Text,
    acceleratorReason: Text,
    /** Can QEMU there encrypt memory streams itself, and why or why not; absent: its agent says nothing of it. */
    migrationTls: Inventory.properties.migrationTls,
    /** What tunnels' ends there have refused lately, with the operation; see docs/security.md. */
    tunnelRefusals: Inventory.properties.tunnelRefusals,
    cpuModel: Text,
    qemuVersion: Text,
    libvirtVersion: Text,
    machineTypes: Type.Array(Text),
    capacity: ResourcesBody,
    reserved: ResourcesBody,
    allocatable: ResourcesBody,
    promised: ResourcesBody,
    usage: Type.Optional(
      Type.Object(
        {
          cpuMilli: Count,
          memoryMib: Count,
          cpuPressurePermille: Count,
          memoryPressurePermille: Count,
        },
        closed,
      ),
    ),
    numaCells: Type.Array(Type.Object({ id: Count, cpuCount: Count, memoryMib: Count }, closed)),
    labels: Labels,
    bridges: Type.Array(Text),
    pools: Type.Array(
      Type.Object(
        {
          name: Text,
          state: Text,
          capacityMib: Count,
          freeMib: Count,
          reason: Type.Optional(Text),
          /** Where more is known than the state says. */
          condition: Type.Optional(PoolCondition),
        },
        closed,
      ),
    ),
    vmCount: Count,
    foreignVmCount: Count,
    reportAgeMs: Count,
  },
  named('Host'),
);
export type HostBody = Static<typeof HostBody>;

/** `labels`: those that are set here, all of them; what the host’s own configuration says stays. */
export const HostChange = Type.Object({ labels: Labels }, named('HostChange'));
export type HostChange = Static<typeof HostChange>;

export const RecoveryStart = Type.Object(
  {
    /** The host's name once more: who sends it says that this host is off. */
    confirm: Name,
    /** Though so many hosts are down that the network is the likelier cause. */
    despiteMassLoss: Type.Optional(Type.Boolean()),
  },
  named('RecoveryStart'),
);
export type RecoveryStart = Static<typeof RecoveryStart>;
