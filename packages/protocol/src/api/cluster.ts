/** What holds for the whole cluster: is anything decided in it, the CPU of new VMs, how VMs may be moved. */
import { Type, type Static } from 'typebox';
import { MigrationPolicy } from '../migration.ts';
import { Count, Name } from '../names.ts';
import { CpuBaselineRecord, EraRecord, MigrationSettings } from '../records.ts';
import { closed, named, Text } from './shape.ts';

export const ClusterBody = Type.Object(
  {
    /** Raised by a person each time that etcd was restored from a backup; 0: never. */
    era: Count,
    eraBy: Type.Optional(Text),
    eraAtMs: Type.Optional(Count),
    /** What it is raised to next: more than etcd and the hosts know. */
    nextEra: Count,
    /** Etcd went back to a backup, and nothing is decided before the era is raised. */
    held: Type.Boolean(),
    /** Why nothing is decided, and what helps. Absent: all is as ever, or nobody leads who could say more. */
    problem: Type.Optional(Type.Object({ message: Text, remedy: Text }, closed)),
    /** Absent: nobody leads. */
    leader: Type.Optional(Text),
    /** Records of etcd that cannot be read, and are left alone. */
    unreadable: Type.Array(Type.Object({ key: Text, reason: Text }, closed)),
  },
  named('Cluster'),
);
export type ClusterBody = Static<typeof ClusterBody>;

/** Who sends it says that etcd was restored from a backup. */
export const EraRaise = Type.Object({ era: EraRecord.properties.era }, named('EraRaise'));
export type EraRaise = Static<typeof EraRaise>;

export const ClusterCpuBody = Type.Object(
  {
    /** None before somebody has asked for it: VMs start with what their host can give. */
    cpus: CpuBaselineRecord.properties.cpus,
    by: Type.Optional(Text),
    atMs: Type.Optional(Count),
    operationId: Type.Optional(Text),
    /** Hosts that cannot give it, and get no new VMs. */
    lacking: Type.Array(Name),
  },
  named('ClusterCpu'),
);
export type ClusterCpuBody = Static<typeof ClusterCpuBody>;

export const MigrationSettingsBody = Type.Object(
  {
    settings: MigrationSettings,
    /** What each preset means in full. */
    presets: Type.Record(Type.String(), MigrationPolicy),
    by: Type.Optional(Text),
    atMs: Type.Optional(Count),
  },
  named('MigrationSettingsBody'),
);
export type MigrationSettingsBody = Static<typeof MigrationSettingsBody>;
