/**
 * What lies in etcd, as last heard: typed records by id with the revision that each was written at. Only
 * `load`, `change` and own commits alter it. The scheduler decides from one, the API reads from one.
 */
import { BalanceSettingsRecord, DismissalRecord } from './balance.ts';
import { RepeatRecord, TokenRecord } from './access-records.ts';
import { TicketRecord } from './console.ts';
import { ImageSettingsRecord } from './image-settings.ts';
import { HostKeyRecord, JoinTokenRecord } from './join.ts';
import { parseKey, type ParsedKey } from './keys.ts';
import { parseJson } from './parse.ts';
import {
  AssignmentRecord,
  CpuBaselineRecord,
  EraRecord,
  HostIntentRecord,
  HostRecord,
  MigrationSettingsRecord,
  OperationRecord,
  PoolRecord,
  RestoredRecord,
  VmIntentRecord,
  VmNameRecord,
} from './records.ts';
import { RequestRecord } from './requests.ts';
import { RuleRecord } from './rule-spec.ts';
import { PoolStateRecord } from './pool-state.ts';
import {
  ImageIntentRecord,
  ImageNameRecord,
  ImageRecord,
  VolumeIntentRecord,
  VolumeNameRecord,
  VolumeRecord,
} from './storage-records.ts';

/** A key's value as etcd has it; absent: deleted. */
interface KeyValue {
  readonly key: string;
  /** JSON text. */
  readonly value?: string;
  readonly modRevision: number;
}

export interface Stored<T> {
  readonly value: T;
  readonly modRevision: number;
}

interface Read<T> extends Stored<T> {
  /** What `value` was read from: the same text need not be read again, and is the same value. */
  readonly text: string;
}

const deletedKept = 1_000;

type Table<T> = Map<string, Read<T>>;

export class RecordMirror {
  revision = 0;
  readonly hostIntents: Table<HostIntentRecord> = new Map();
  readonly #eras: Table<EraRecord> = new Map();
  readonly #restored: Table<RestoredRecord> = new Map();
  readonly vmIntents: Table<VmIntentRecord> = new Map();
  readonly vmNames: Table<VmNameRecord> = new Map();
  readonly pools: Table<PoolRecord> = new Map();
  readonly poolStates: Table<PoolStateRecord> = new Map();
  readonly rules: Table<RuleRecord> = new Map();
  readonly imageIntents: Table<ImageIntentRecord> = new Map();
  readonly imageNames: Table<ImageNameRecord> = new Map();
  readonly images: Table<ImageRecord> = new Map();
  readonly volumeIntents: Table<VolumeIntentRecord> = new Map();
  readonly volumeNames: Table<VolumeNameRecord> = new Map();
  readonly volumes: Table<VolumeRecord> = new Map();
  /** By subject: `migration`. */
  readonly settings: Table<MigrationSettingsRecord> = new Map();
  /** At most one, called `images`. */
  readonly imageSettings: Table<ImageSettingsRecord> = new Map();
  /** At most one, called `balance`. */
  readonly balanceSettings: Table<BalanceSettingsRecord> = new Map();
  readonly dismissals: Table<DismissalRecord> = new Map();
  readonly requests: Table<RequestRecord> = new Map();
  /** By what names the request. */
  readonly repeats: Table<RepeatRecord> = new Map();
  readonly tokens: Table<TokenRecord> = new Map();
  /** By what SHA-256 makes of them. */
  readonly tickets: Table<TicketRecord> = new Map();
  readonly joinTokens: Table<JoinTokenRecord> = new Map();
  /** Of hosts that have joined. */
  readonly hostKeys: Table<HostKeyRecord> = new Map();
  readonly hosts: Table<HostRecord> = new Map();
  readonly assignments: Table<AssignmentRecord> = new Map();
  readonly operations: Table<OperationRecord> = new Map();
  /** At most one, called `cpu`. */
  readonly cpuBaselines: Table<CpuBaselineRecord> = new Map();
  /** Keys whose record could not be read; they are left alone, and named once. */
  readonly unreadable: Map<string, string> = new Map();
  /** Keys that own commits deleted, so that the watch's older news of them is not believed. */
  readonly #deleted = new Map<string, number>();
  /** While all is loaded anew: what was there before. */
  #former: ReadonlyMap<Table<unknown>, Table<unknown>> = new Map();

  /** Absent: etcd has never been restored. */
  get era(): Stored<EraRecord> | undefined {
    return this.#eras.get('era');
  }

  get restored(): Stored<RestoredRecord> | undefined {
    return this.#restored.get('restored');
  }

  /** etcd was seen to go back, and nobody has raised the era since: nothing is decided. */
  get held(): RestoredRecord | undefined {
    const restored = this.restored?.value;
    const era = this.era?.value.era ?? 0;
    return restored !== undefined && restored.era >= era ? restored : undefined;
  }

  load(revision: number, entries: readonly KeyValue[]): void {
    const former = this.#tables().map((table) => [table, new Map(table)] as const);
    for (const [table] of former) table.clear();
    this.#former = new Map(former);
    this.unreadable.clear();
    this.#deleted.clear();
    this.revision = revision;
    for (const entry of entries) this.#set(entry.key, entry.value, entry.modRevision);
    this.#former = new Map();
  }

  /** False where all of it was known, as it is of own commits. */
  change(revision: number, changes: readonly KeyValue[]): boolean {
    const news = changes.filter((change) =>
      this.#set(change.key, change.value, change.modRevision),
    );
    this.revision = Math.max(this.revision, revision);
    return news.length > 0;
  }

  /** An own commit that went through; the watch will tell of it again. */
  committed(revision: number, puts: readonly Omit<KeyValue, 'modRevision'>[]): void {
    for (const put of puts) this.#set(put.key, put.value, revision);
    this.revision = Math.max(this.revision, revision);
  }

  #tables(): readonly Table<unknown>[] {
    return [
      this.#eras,
      this.#restored,
      this.hostIntents,
      this.vmIntents,
      this.vmNames,
      this.pools,
      this.poolStates,
      this.rules,
      this.imageIntents,
      this.imageNames,
      this.images,
      this.volumeIntents,
      this.volumeNames,
      this.volumes,
      this.settings,
      this.imageSettings,
      this.balanceSettings,
      this.dismissals,
      this.requests,
      this.repeats,
      this.tokens,
      this.tickets,
      this.joinTokens,
      this.hostKeys,
      this.hosts,
      this.assignments,
      this.operations,
      this.cpuBaselines,
    ];
  }

  /** False: it is not news. */
  #set(key: string, text: string | undefined, modRevision: number): boolean {
    const parsed = parseKey(key);
    switch (parsed.type) {
      case 'era':
        return this.#put(this.#eras, EraRecord, key, parsed.id, text, modRevision);
      case 'restored':
        return this.#put(this.#restored, RestoredRecord, key, parsed.id, text, modRevision);
      case 'host-intent':
        return this.#put(this.hostIntents, HostIntentRecord, key, parsed.id, text, modRevision);
      case 'vm-intent':
        return this.#put(this.vmIntents, VmIntentRecord, key, parsed.id, text, modRevision);
      case 'vm-name':
        return this.#put(this.vmNames, VmNameRecord, key, parsed.id, text, modRevision);
      case 'pool':
        return this.#put(this.pools, PoolRecord, key, parsed.id, text, modRevision);
      case 'pool-state':
        return this.#put(this.poolStates, PoolStateRecord, key, parsed.id, text, modRevision);
      case 'rule':
        return this.#put(this.rules, RuleRecord, key, parsed.id, text, modRevision);
      case 'image-intent':
        return this.#put(this.imageIntents, ImageIntentRecord, key, parsed.id, text, modRevision);
      case 'image-name':
        return this.#put(this.imageNames, ImageNameRecord, key, parsed.id, text, modRevision);
      case 'image':
        return this.#put(this.images, ImageRecord, key, parsed.id, text, modRevision);
      case 'volume-intent':
        return this.#put(this.volumeIntents, VolumeIntentRecord, key, parsed.id, text, modRevision);
      case 'volume-name':
        return this.#put(this.volumeNames, VolumeNameRecord, key, parsed.id, text, modRevision);
      case 'volume':
        return this.#put(this.volumes, VolumeRecord, key, parsed.id, text, modRevision);
      case 'settings':
        return this.#setSettings(key, parsed.id, text, modRevision);
      case 'dismissal':
        return this.#put(this.dismissals, DismissalRecord, key, parsed.id, text, modRevision);
      case 'request':
        return this.#put(this.requests, RequestRecord, key, parsed.id, text, modRevision);
      case 'repeat':
        return this.#put(this.repeats, RepeatRecord, key, parsed.id, text, modRevision);
      case 'token':
        return this.#put(this.tokens, TokenRecord, key, parsed.id, text, modRevision);
      case 'ticket':
        return this.#put(this.tickets, TicketRecord, key, parsed.id, text, modRevision);
      case 'join-token':
        return this.#put(this.joinTokens, JoinTokenRecord, key, parsed.id, text, modRevision);
      case 'host-key':
        return this.#put(this.hostKeys, HostKeyRecord, key, parsed.id, text, modRevision);
      case 'host':
        return this.#put(this.hosts, HostRecord, key, parsed.id, text, modRevision);
      case 'assignment':
        return this.#put(this.assignments, AssignmentRecord, key, parsed.id, text, modRevision);
      case 'operation':
        return this.#put(this.operations, OperationRecord, key, parsed.id, text, modRevision);
      case 'cpu-baseline':
        return this.#put(this.cpuBaselines, CpuBaselineRecord, key, 'cpu', text, modRevision);
      case 'last-commit':
      case 'unknown':
        return false;
    }
  }

  #setSettings(key: string, id: string, text: string | undefined, modRevision: number): boolean {
    if (id === 'migration')
      return this.#put(this.settings, MigrationSettingsRecord, key, id, text, modRevision);
    if (id === 'images')
      return this.#put(this.imageSettings, ImageSettingsRecord, key, id, text, modRevision);
    if (id === 'balance')
      return this.#put(this.balanceSettings, BalanceSettingsRecord, key, id, text, modRevision);
    return false;
  }

  #put<S extends Parameters<typeof parseJson>[0], T>(
    table: Table<T>,
    schema: S,
    key: string,
    id: string,
    text: string | undefined,
    modRevision: number,
  ): boolean {
    const known = table.get(id);
    // A watch may tell of something older than what an own commit has put here already.
    if (known !== undefined && known.modRevision > modRevision) return false;
    if ((this.#deleted.get(key) ?? 0) > modRevision) return false;
    if (text === undefined) return this.#delete(table, key, id, modRevision);
    if (known?.modRevision === modRevision && known.text === text) return false;
    this.unreadable.delete(key);
    // Not by its revision: an etcd that was restored counts some of them twice.
    const former = (this.#former.get(table) as Table<T> | undefined)?.get(id) ?? known;
    if (former?.text === text) {
      table.set(id, { ...former, modRevision });
      return true;
    }
    const parsed = parseJson(schema, text);
    const other = parsed.ok ? otherThan(key, parsed.value) : undefined;
    if (!parsed.ok) this.unreadable.set(key, parsed.reason);
    else if (other !== undefined) this.unreadable.set(key, `it is about ${other}`);
    else table.set(id, { value: parsed.value as T, modRevision, text });
    return true;
  }

  #delete(table: Table<unknown>, key: string, id: string, modRevision: number): boolean {
    const wasUnreadable = this.unreadable.delete(key);
    const isNews = table.delete(id) || wasUnreadable;
    this.#deleted.set(key, modRevision);
    if (this.#deleted.size > deletedKept) {
      this.#deleted.delete(this.#deleted.keys().next().value ?? '');
    }
    return isNews;
  }
}

/** Where a record says what it is about: that has to be what its key says. */
const subjectFields: Partial<Record<ParsedKey['type'], string>> = {
  'host-intent': 'id',
  'vm-intent': 'id',
  pool: 'name',
  rule: 'name',
  'image-intent': 'id',
  image: 'id',
  'volume-intent': 'id',
  volume: 'id',
  'pool-state': 'name',
  dismissal: 'id',
  request: 'id',
  token: 'id',
  ticket: 'sha256',
  'join-token': 'id',
  'host-key': 'host',
  host: 'id',
  assignment: 'vmId',
  operation: 'id',
};

/** What it is about instead. */
function otherThan(key: string, record: unknown): string | undefined {
  const parsed = parseKey(key);
  const field = subjectFields[parsed.type];
  if (field === undefined || !('id' in parsed)) return undefined;
  const subject = String((record as Readonly<Record<string, unknown>>)[field]);
  return subject === parsed.id ? undefined : subject;
}
