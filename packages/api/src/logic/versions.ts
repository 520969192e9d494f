/**
 * Which version of an object people see, and whether it is the one that somebody means to change. A version is the
 * etcd revision of what people want of the object: what happens to it by itself makes no new one.
 */
import {
  DroverError,
  findImage,
  findVolume,
  keys,
  type RecordMirror,
  type Stored,
} from '@drover/protocol';
import type { Decide } from './write.ts';

export interface Version {
  readonly key: string;
  /** 0: nobody has said anything of it yet. */
  readonly modRevision: number;
}

/** An object by the name that its address has for it, e.g. `vm`, and what stands there. */
export interface Subject {
  readonly kind: string;
  readonly ref: string;
}

type Find = (records: RecordMirror, ref: string) => Version | undefined;

const version = (key: string, stored: Stored<unknown> | undefined): Version => ({
  key,
  modRevision: stored?.modRevision ?? 0,
});
const ifThere = (key: string, stored: Stored<unknown> | undefined): Version | undefined =>
  stored && version(key, stored);

const finders: Readonly<Record<string, Find>> = {
  host: (records, id) =>
    records.hosts.has(id) ? version(keys.hostIntent(id), records.hostIntents.get(id)) : undefined,
  vm: (records, ref) => {
    const id = records.vmIntents.has(ref) ? ref : (records.vmNames.get(ref)?.value.vmId ?? '');
    return ifThere(keys.vmIntent(id), records.vmIntents.get(id));
  },
  pool: (records, name) => ifThere(keys.pool(name), records.pools.get(name)),
  rule: (records, name) => ifThere(keys.rule(name), records.rules.get(name)),
  image: (records, ref) => {
    const id = findImage(records, ref)?.intent.id ?? '';
    return ifThere(keys.imageIntent(id), records.imageIntents.get(id));
  },
  volume: (records, ref) => {
    const volume = findVolume(records, ref);
    if (volume === undefined) return undefined;
    // A disk is what its VM says of it.
    if (volume.vm !== undefined) {
      return version(keys.vmIntent(volume.vm.id), records.vmIntents.get(volume.vm.id));
    }
    return version(keys.volumeIntent(volume.id), records.volumeIntents.get(volume.id));
  },
  operation: (records, id) =>
    ifThere(keys.operation(id), records.operations.get(id)) ??
    ifThere(keys.request(id), records.requests.get(id)),
  token: (records, id) => ifThere(keys.token(id), records.tokens.get(id)),
  'migration-settings': (records) =>
    version(keys.settings('migration'), records.settings.get('migration')),
  'balance-settings': (records) =>
    version(keys.settings('balance'), records.balanceSettings.get('balance')),
  'image-settings': (records) =>
    version(keys.settings('images'), records.imageSettings.get('images')),
};

/** Nothing: there is no such object, or it is of a kind that has no versions. */
export function versionOf(records: RecordMirror, { kind, ref }: Subject): Version | undefined {
  return Object.hasOwn(finders, kind) ? finders[kind]?.(records, ref) : undefined;
}

export function hasVersions(kind: string): boolean {
  return Object.hasOwn(finders, kind);
}

export function etagOf({ modRevision }: Version): string {
  return `"${modRevision}"`;
}

/** `ifMatch` as the header has it: `*`, or one or more versions. The transaction compares it once more. */
export function onlyOfVersion(decide: Decide, subject: Subject, ifMatch: string): Decide {
  return (records) => {
    const found = versionOf(records, subject);
    if (found !== undefined && !accepts(ifMatch, etagOf(found))) {
      throw new DroverError(
        'precondition-failed',
        `${subject.ref} is at version ${etagOf(found)} now, and If-Match asks for ${ifMatch.slice(0, 64)}; read it again, and decide anew`,
      );
    }
    const write = decide(records);
    if (write === undefined || found === undefined) return write;
    if (write.puts.some(({ key }) => key === found.key)) return write;
    return { ...write, compares: [...write.compares, found] };
  };
}

function accepts(ifMatch: string, etag: string): boolean {
  if (ifMatch.trim() === '*') return true;
  return ifMatch.split(',').some((one) => one.trim() === etag);
}
