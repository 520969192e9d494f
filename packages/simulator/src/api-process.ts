/**
 * An API's process: the real logic of its picture of etcd and of its writing, each step performed as `api/src/shell`
 * performs it. What HTTP does to a request is left out: people are told what came of it.
 */
import {
  type Ask,
  type Decide,
  Picture,
  watchedPrefixes,
  type WriteNews,
  type WriteStep,
  writing,
} from '@drover/api/logic';
import { DroverError, RecordMirror } from '@drover/protocol';
import type { EtcdChange, EtcdEntry } from './etcd.ts';
import { EtcdClient } from './etcd-client.ts';
import { Life } from './life.ts';
import type { ProcessWorld } from './process-world.ts';

const all = '/drover/';
const loadAgainMs = 500;
/** As systemd does. */
const startAgainMs = 1_000;
const by = 'operator';

/** What an API does with a request: from the records, and who asks. */
export type Asked = (records: RecordMirror, ask: Ask) => ReturnType<Decide>;

/** Absent: it is in etcd. */
export type Refusal = DroverError | undefined;

interface Writing {
  readonly decide: Decide;
  readonly steps: ReturnType<typeof writing>;
  readonly said: string;
  readonly onEnd: (refusal: Refusal) => void;
  /** It has lost a race. */
  isBeaten: boolean;
}

const before: Readonly<Record<WriteStep['type'], string>> = {
  send: 'before writing',
  read: 'before reading',
  'read-back': 'before reading back',
  hear: 'before waiting for its watch',
};

type Step<T extends WriteStep['type']> = Extract<WriteStep, { type: T }>;

export class ApiProcess {
  readonly id: string;
  readonly #world: ProcessWorld;
  #life: Life;
  #client: EtcdClient;
  #picture = new Picture();
  #watch: { close(): void } | undefined;
  readonly #changed = new Set<() => void>();

  constructor(id: string, world: ProcessWorld) {
    this.id = id;
    this.#world = world;
    this.#life = new Life(world.timeline, world.offsets(id));
    this.#client = new EtcdClient(world.reach, id, this.#life);
  }

  get life(): Life {
    return this.#life;
  }

  /** It has been up since before anybody asked: what is in etcd now, it has read. */
  start(): void {
    const { revision, entries } = this.#world.reach.etcd.range(all);
    this.#know(revision, entries);
  }

  /** kill -9, and started again. Who waits for an answer gets none, and neither does who asks meanwhile. */
  crash(why: string): void {
    this.#end();
    this.#world.note(this.id, `dies: ${why}`);
    this.#world.timeline.after(startAgainMs, () => {
      if (!this.#life.isAlive) this.restart();
    });
  }

  #end(): void {
    this.#life.end();
    this.#watch?.close();
    this.#changed.clear();
  }

  /** As somebody does who restores etcd: what it knew is not so any more. Who waits for an answer gets none. */
  restart(): void {
    this.#end();
    this.#life = new Life(this.#world.timeline, this.#world.offsets(this.id));
    this.#client = new EtcdClient(this.#world.reach, this.id, this.#life);
    this.#picture = new Picture();
    this.#load();
  }

  /** `onEnd` hears once what came of it, unless the process ends before. `id` is that of what is made. */
  write(said: string, asked: Asked, id: string, onEnd: (refusal: Refusal) => void): void {
    this.#life.guard(() => this.#begin(said, asked, id, onEnd))();
  }

  #begin(said: string, asked: Asked, id: string, onEnd: (refusal: Refusal) => void): void {
    const ask: Ask = { by, atMs: this.#life.wallMs, id };
    const decide: Decide = (records) => asked(records, ask);
    let isUnknown = false;
    const count = (outcome: 'done' | 'conflict' | 'unknown') => {
      if (outcome === 'unknown') isUnknown = true;
      if (outcome === 'done' && isUnknown) this.#world.mark('request-was-made');
      if (outcome !== 'conflict') return;
      doing.isBeaten = true;
      this.#world.note(this.id, `decides anew: ${said}`);
    };
    // Its records, and no others: after a restart there is another picture.
    const doing: Writing = {
      decide,
      said,
      onEnd,
      steps: writing(decide, this.#picture, count),
      isBeaten: false,
    };
    this.#goOn(doing, () => doing.steps.next());
  }

  #goOn(doing: Writing, next: () => IteratorResult<WriteStep, void>): void {
    const came = this.#world.guardLogic(this.id, () => {
      try {
        return next();
      } catch (error) {
        if (error instanceof DroverError) return error;
        throw error;
      }
    });
    if (came === undefined) return;
    if (came instanceof DroverError) return this.#refuse(doing, came);
    const { said, onEnd } = doing;
    if (came.done === true) return this.#pass(`before answering: ${said}`, () => onEnd(undefined));
    const { value } = came;
    this.#pass(`${before[value.type]}: ${said}`, () => this.#perform(doing, value));
  }

  #pass(where: string, goOn: () => void): void {
    this.#world.points.pass(this, where, goOn);
  }

  #hear(doing: Writing, news: WriteNews): void {
    this.#goOn(doing, () => doing.steps.next(news));
  }

  #perform(doing: Writing, step: WriteStep): void {
    switch (step.type) {
      case 'send':
        return this.#client.txn(step.txn, (answer) =>
          this.#pass(`before hearing what became of it: ${doing.said}`, () =>
            this.#hear(doing, answer.type === 'lost' ? { type: 'unknown' } : answer.value),
          ),
        );
      case 'read':
        return this.#read(doing, step);
      case 'read-back':
        return this.#readBack(doing, step, this.#life.monoMs + step.totalMs);
      case 'hear':
        return this.#waitFor(doing, step);
    }
  }

  #read(doing: Writing, { keys }: Step<'read'>): void {
    const found = new Map<string, EtcdEntry | undefined>();
    let isOver = false;
    for (const key of keys) {
      this.#client.get(key, (answer) => {
        if (isOver) return;
        if (answer.type === 'lost') {
          isOver = true;
          return doing.onEnd(new DroverError('store-unavailable', 'etcd cannot be read'));
        }
        found.set(key, answer.value);
        if (found.size < keys.length) return;
        this.#hear(doing, { type: 'entries', entries: keys.map((one) => found.get(one)) });
      });
    }
  }

  #readBack(doing: Writing, step: Step<'read-back'>, untilMs: number): void {
    this.#client.get(step.key, (answer) => {
      if (answer.type === 'answered') {
        return this.#hear(doing, { type: 'entries', entries: [answer.value] });
      }
      this.#life.after(step.betweenMs, () => {
        if (this.#life.monoMs >= untilMs) this.#hear(doing, { type: 'unknown' });
        else this.#readBack(doing, step, untilMs);
      });
    });
  }

  #waitFor(doing: Writing, { revision, totalMs }: Step<'hear'>): void {
    const end = () => {
      if (!this.#changed.delete(look)) return;
      timer.cancel();
      this.#hear(doing, { type: 'heard' });
    };
    const look = () => {
      if (this.#picture.heardRevision >= revision) end();
    };
    this.#changed.add(look);
    const timer = this.#life.after(totalMs, end);
    look();
  }

  #refuse({ decide, isBeaten, said, onEnd }: Writing, refusal: DroverError): void {
    const isRefused = refusal.code !== 'store-unavailable';
    if (isBeaten && isRefused) this.#world.mark('refused-when-decided-anew');
    if (isRefused && this.#isBehind && accepts(decide, this.#world.reach.etcd.range(all))) {
      this.#world.mark('refused-while-behind');
      this.#world.note(this.id, `has not heard of what would let it: ${said}`);
    }
    onEnd(refusal);
  }

  get #isBehind(): boolean {
    return this.#picture.heardRevision < this.#world.reach.etcd.revision;
  }

  #load(): void {
    this.#client.range(all, (answer) => {
      if (answer.type === 'lost') return void this.#life.after(loadAgainMs, () => this.#load());
      this.#know(answer.value.revision, answer.value.entries);
    });
  }

  #know(revision: number, entries: readonly EtcdEntry[]): void {
    this.#picture.load(revision, entries);
    this.#watch?.close();
    const hear = (at: number, changes: readonly EtcdChange[]) => {
      this.#picture.change(at, changes);
      this.#tell();
    };
    this.#watch = this.#client.watch(watchedPrefixes, revision + 1, hear, () => this.#load());
    this.#tell();
  }

  #tell(): void {
    for (const look of this.#changed) look();
  }
}

/** Would it be written by somebody who knows all that is in etcd? */
function accepts(
  decide: Decide,
  { revision, entries }: { readonly revision: number; readonly entries: readonly EtcdEntry[] },
): boolean {
  const records = new RecordMirror();
  records.load(revision, entries);
  try {
    return decide(records) !== undefined;
  } catch (error) {
    if (error instanceof DroverError) return false;
    throw error;
  }
}
