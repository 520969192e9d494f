/**
 * The event stream: what changed in etcd, and the progress of migrations, to everybody who listens. Each
 * listener's buffer is bounded; who does not read is dropped, and resumes from the log.
 */
import type { ServerResponse } from 'node:http';
import {
  type api,
  DroverError,
  OperationId,
  parseJson,
  type RecordMirror,
  StorageProgress,
  Uuid,
} from '@drover/protocol';
import type { Change } from '@drover/store';
import { Type } from 'typebox';
import { EventLog } from '../logic/event-log.ts';
import { type EventGroup, eventsOf } from '../logic/events.ts';
import type { Metrics } from './metrics.ts';
import type { MirrorListener } from './mirror.ts';

export interface EventLimits {
  /** Events that are kept for those who come back. */
  readonly kept: number;
  readonly streams: number;
  /** Of one listener that does not read. */
  readonly unsentBytes: number;
  readonly heartbeatMs: number;
}

export const defaultEventLimits: EventLimits = {
  kept: 10_000,
  streams: 200,
  unsentBytes: 1024 * 1024,
  heartbeatMs: 15_000,
};

const MigrationProgress = Type.Object(
  {
    type: Type.Literal('migration-progress'),
    operationId: OperationId,
    vmId: Uuid,
    percent: Type.Integer({ minimum: 0, maximum: 100 }),
  },
  { additionalProperties: false },
);

const StorageNews = Type.Object(
  {
    type: Type.Literal('storage-progress'),
    operationId: OperationId,
    phase: StorageProgress.properties.phase,
    doneBytes: StorageProgress.properties.doneBytes,
    totalBytes: StorageProgress.properties.totalBytes,
  },
  { additionalProperties: false },
);

const News = Type.Union([MigrationProgress, StorageNews]);

export class EventHub implements MirrorListener, Disposable {
  readonly #limits: EventLimits;
  readonly #metrics: Metrics;
  readonly #log: EventLog;
  readonly #streams = new Set<ServerResponse>();
  readonly #heartbeat: NodeJS.Timeout;

  constructor(metrics: Metrics, limits: EventLimits = defaultEventLimits) {
    this.#limits = limits;
    this.#metrics = metrics;
    this.#log = new EventLog(limits.kept);
    this.#heartbeat = setInterval(() => this.#sendAll(': heartbeat\n\n'), limits.heartbeatMs);
    this.#heartbeat.unref();
  }

  /** What was missed cannot be told: who listens has to list again, and hears so when coming back. */
  loaded(revision: number): void {
    this.#log.restart(revision);
    this.#endAll();
  }

  changed(records: RecordMirror, changes: readonly Change[]): void {
    for (const group of eventsOf(records, changes)) {
      this.#log.add(group);
      this.#sendAll(textOf(group));
    }
  }

  announced(text: string): void {
    const parsed = parseJson(News, text);
    if (parsed.ok) this.#sendAll(frame(parsed.value));
  }

  /** Throws where there is no stream to be had; writes the missed events with the first chunk. */
  open(from: number, head: () => ServerResponse): void {
    if (this.#streams.size >= this.#limits.streams) {
      throw new DroverError('too-many-requests', `${this.#streams.size} event streams are open`);
    }
    const missed = this.#log.after(from);
    if (missed === 'gone') {
      throw new DroverError(
        'gone',
        `events after revision ${from} are no longer all kept; list what you follow, then listen from its drover-revision`,
      );
    }
    const stream = head();
    this.#streams.add(stream);
    this.#metrics.streams(this.#streams.size);
    stream.on('close', () => {
      this.#streams.delete(stream);
      this.#metrics.streams(this.#streams.size);
    });
    // A broken connection ends in `close`; there is nobody to tell.
    stream.on('error', () => undefined);
    this.#send(stream, `retry: 2000\n: connected\n\n${missed.map(textOf).join('')}`);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#heartbeat);
    this.#endAll();
  }

  #sendAll(text: string): void {
    for (const stream of this.#streams) this.#send(stream, text);
  }

  #send(stream: ServerResponse, text: string): void {
    // Judged before writing: one large answer to a client that reads is fine.
    if (stream.writableLength > this.#limits.unsentBytes) {
      this.#metrics.droppedStream();
      stream.destroy();
      return;
    }
    stream.write(text);
  }

  #endAll(): void {
    for (const stream of this.#streams) stream.end();
  }
}

/** The id is with the last event of its revision: who saw only some of them gets all of them again. */
function textOf({ revision, events }: EventGroup): string {
  return events
    .map((event, index) => frame(event, index === events.length - 1 ? revision : undefined))
    .join('');
}

function frame(event: api.ApiEvent, id?: number): string {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  return `event: ${event.type}\n${idLine}data: ${JSON.stringify(event)}\n\n`;
}
