/** How VMs may be moved, for the whole cluster and by label; and whether a wish about that can be meant. */
import {
  effectivePolicy,
  type MigrationPreset,
  migrationPresetNames,
  problemWithWish,
} from '@drover/core';
import {
  type api,
  DroverError,
  keys,
  type MigrationPolicy,
  type MigrationSettings,
  type MigrationSettingsRecord,
  type MigrationWish,
  type RecordMirror,
} from '@drover/protocol';
import { type Ask, putRecord, type Write } from './write.ts';

const subject = 'migration';

export function migrationSettingsBody(records: RecordMirror): api.MigrationSettingsBody {
  const record = records.settings.get(subject)?.value;
  const presets = migrationPresetNames.map((preset) => [preset, policyOf(preset)] as const);
  return {
    settings: record?.settings ?? {},
    presets: Object.fromEntries(presets),
    ...(record === undefined ? {} : { by: record.by, atMs: record.atMs }),
  };
}

function policyOf(preset: MigrationPreset): MigrationPolicy {
  const { policy } = effectivePolicy({}, { cluster: { preset } });
  return { ...policy, downtimeLadderMs: [...policy.downtimeLadderMs] };
}

/** All that is set becomes what is given; nothing is merged. */
export function setMigrationSettings(
  records: RecordMirror,
  settings: MigrationSettings,
  ask: Ask,
): Write {
  checkWish('/cluster', settings.cluster);
  for (const [at, { wish }] of (settings.byLabel ?? []).entries()) {
    checkWish(`/byLabel/${at}/wish`, wish);
  }
  const record: MigrationSettingsRecord = { v: 1, settings, by: ask.by, atMs: ask.atMs };
  const former = records.settings.get(subject);
  return { puts: [putRecord(keys.settings(subject), record, former)], compares: [] };
}

/** Throws where the schema let through what makes no sense. `path` is where in the body it stands. */
export function checkWish(path: string, wish: MigrationWish | undefined): void {
  const message = wish && problemWithWish(wish);
  if (message === undefined) return;
  const details = { errors: [{ path, message }] };
  throw new DroverError('invalid-body', `${path}: ${message}`, { details });
}
