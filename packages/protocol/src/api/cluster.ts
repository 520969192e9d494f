/** What holds for the whole cluster: the CPU of new VMs, how VMs may be moved. */
import { Type, type Static } from 'typebox';
import { MigrationPolicy } from '../migration.ts';
import { Count, Name } from '../names.ts';
import { CpuBaselineRecord, MigrationSettings } from '../records.ts';
import { named, Text } from './shape.ts';

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
