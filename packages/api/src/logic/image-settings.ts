/** Where images may come from and how large they may be: shown with what holds of itself, and set as a whole. */
import {
  type api,
  imageSettings,
  type ImageSettings,
  type ImageSettingsRecord,
  keys,
  type RecordMirror,
} from '@drover/protocol';
import { refuseField } from './storage-checks.ts';
import { type Ask, putRecord, type Write } from './write.ts';

const subject = 'images';

export function imageSettingsBody(records: RecordMirror): api.ImageSettingsBody {
  const record = records.imageSettings.get(subject)?.value;
  const { hosts, schemes, ...sizes } = imageSettings(records);
  return {
    settings: record?.settings ?? {},
    effective: { hosts: [...hosts], schemes: [...schemes], ...sizes },
    ...(record === undefined ? {} : { by: record.by, atMs: record.atMs }),
  };
}

/** All that is set becomes what is given; nothing is merged. */
export function setImageSettings(records: RecordMirror, settings: ImageSettings, ask: Ask): Write {
  for (const [index, host] of (settings.hosts ?? []).entries()) {
    if (settings.hosts?.indexOf(host) !== index) refuseField(`/hosts/${index}`, 'is there twice');
  }
  if (settings.schemes?.length === 0) {
    refuseField('/schemes', 'must not be empty: leave it out for https alone');
  }
  const record: ImageSettingsRecord = { v: 1, settings, by: ask.by, atMs: ask.atMs };
  const former = records.imageSettings.get(subject);
  return { puts: [putRecord(keys.settings(subject), record, former)], compares: [] };
}
