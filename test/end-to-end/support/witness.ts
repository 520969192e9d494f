/**
 * What the lookouts on all hosts saw, put together: since when and until when each QEMU surely ran, and what of that
 * must never be. It errs on the side of silence: a stretch begins when QEMU is known to run and ends when it was last
 * known to, and QEMU itself says when it stops, so that two stretches that overlap are two writers.
 */

interface Who {
  /** `<uuid>.<pid>` of one QEMU. */
  readonly name: string;
  /** It was started to take a VM over, not to boot it. */
  readonly incoming: boolean;
}
export interface Answer extends Who {
  readonly type: 'answer';
  /** QEMU's word: `running`, `paused`, `inmigrate`, `postmigrate`, … */
  readonly status: string;
  readonly sentMs: number;
  readonly receivedMs: number;
}
interface Event extends Who {
  readonly type: 'event';
  readonly event: 'STOP' | 'RESUME';
  readonly atMs: number;
}
interface Look {
  readonly type: 'look';
  readonly atMs: number;
  /** Names of all QEMUs that are there. */
  readonly alive: readonly string[];
}
interface List {
  readonly type: 'list';
  readonly sentMs: number;
  readonly receivedMs: number;
  /** As libvirt says; `id` is new for each time that a VM is started or comes to the host. */
  readonly running: readonly { readonly id: string; readonly uuid: string }[];
}
/** What a lookout says; times are this machine's, in ms since 1970. */
export type Sight = Answer | Event | Look | List;

interface Stretch {
  readonly fromMs: number;
  toMs: number;
  open: boolean;
}

interface Copy {
  /** libvirt does not say at which moment of a list it ran. */
  readonly by: 'qemu' | 'libvirt';
  readonly host: string;
  readonly uuid: string;
  readonly incoming: boolean;
  readonly stretches: Stretch[];
  status: string;
  gone: boolean;
}

/** How often a person, that is the test, asked for it. */
export interface AskedFor {
  starts(uuid: string): number;
  ends(uuid: string): number;
}

interface HostSeen {
  looks: number;
  answers: number;
  lists: number;
  lastLookMs: number;
  longestGapMs: number;
  listed: readonly string[];
}

export class Witness {
  readonly #copies = new Map<string, Copy>();
  readonly #hosts = new Map<string, HostSeen>();
  /** Each host's libvirt in the same words: one stretch per domain id. */
  readonly #listed = new Map<string, Copy>();

  hear(host: string, sight: Sight): void {
    const seen = this.#seen(host);
    switch (sight.type) {
      case 'look': {
        if (seen.looks > 0) {
          seen.longestGapMs = Math.max(seen.longestGapMs, sight.atMs - seen.lastLookMs);
        }
        seen.looks += 1;
        seen.lastLookMs = sight.atMs;
        for (const [key, copy] of this.#copies) {
          if (copy.host === host && !sight.alive.includes(key.slice(host.length + 1))) end(copy);
        }
        return;
      }
      case 'answer':
        seen.answers += 1;
        return hearAnswer(this.#copy(host, sight), sight);
      case 'event':
        return hearEvent(this.#copy(host, sight), sight);
      case 'list':
        seen.lists += 1;
        return this.#hearList(host, seen, sight);
    }
  }

  /** The host has no power: all that ran there has ended, and nobody looks until it is back. */
  dark(host: string): void {
    for (const copy of this.#copies.values()) if (copy.host === host) end(copy);
    for (const copy of this.#listed.values()) if (copy.host === host) end(copy);
    this.#hosts.delete(host);
  }

  seen(host: string): Readonly<HostSeen> {
    return this.#seen(host);
  }

  /** Uuids of the VMs that run on a host, as their QEMUs say. */
  runningOn(host: string): readonly string[] {
    const copies = [...this.#copies.values()].filter((copy) => copy.host === host && isAlive(copy));
    return copies.map(({ uuid }) => uuid).toSorted(byText);
  }

  /** How often a VM was booted since it is looked at; one that ran before has one. */
  lives(uuid: string): number {
    const ran = this.#ran(uuid);
    const booted = ran.filter((copy) => !copy.incoming).length;
    return ran[0]?.incoming === true ? booted + 1 : booted;
  }

  /** What must never be, in sentences; nothing is what one wants to hear. */
  harm(asked: AskedFor): readonly string[] {
    const uuids = new Set([...this.#copies.values()].map(({ uuid }) => uuid));
    return [
      ...atOneMoment([...this.#copies.values()]),
      ...ranOn([...this.#copies.values()], 'as its QEMUs say'),
      ...ranOn([...this.#listed.values()], 'as libvirt lists it'),
      ...[...uuids].flatMap((uuid) => this.#unasked(uuid, asked)),
    ];
  }

  #unasked(uuid: string, asked: AskedFor): readonly string[] {
    const ran = this.#ran(uuid);
    const lives = this.lives(uuid);
    const alive = ran.some(isAlive) ? 1 : 0;
    const seen = ran.map(course).join(', ');
    const harm: string[] = [];
    if (lives > asked.starts(uuid)) {
      harm.push(
        `${uuid} was started ${lives} times, asked for ${asked.starts(uuid)} times (${seen})`,
      );
    }
    if (lives - alive > asked.ends(uuid)) {
      harm.push(
        `${uuid} ended ${lives - alive} times, asked for ${asked.ends(uuid)} times (${seen})`,
      );
    }
    return harm;
  }

  /** In the order in which they began to. */
  #ran(uuid: string): readonly Copy[] {
    return [...this.#copies.values()]
      .filter((copy) => copy.uuid === uuid && copy.stretches.length > 0)
      .toSorted((a, b) => firstMs(a) - firstMs(b));
  }

  #hearList(host: string, seen: HostSeen, { sentMs, receivedMs, running }: List): void {
    seen.listed = running.map(({ uuid }) => uuid).toSorted(byText);
    const now = new Set(running.map(({ id, uuid }) => `${host}/${uuid}/${id}`));
    for (const [key, copy] of this.#listed) if (copy.host === host && !now.has(key)) end(copy);
    for (const { id, uuid } of running) {
      const copy = livingCopy(this.#listed, `${host}/${uuid}/${id}`, { by: 'libvirt', host, uuid });
      // Nor does it say what was between two lists: each is a stretch of its own.
      copy.stretches.push({ fromMs: sentMs, toMs: receivedMs, open: false });
    }
  }

  #copy(host: string, { name, incoming }: Who): Copy {
    const uuid = name.split('.')[0] ?? '';
    return livingCopy(this.#copies, `${host}/${name}`, { by: 'qemu', host, uuid, incoming });
  }

  #seen(host: string): HostSeen {
    const none = { looks: 0, answers: 0, lists: 0, lastLookMs: 0, longestGapMs: 0, listed: [] };
    const seen = this.#hosts.get(host) ?? none;
    this.#hosts.set(host, seen);
    return seen;
  }
}

/** A pid or an id that is given again is another copy's. */
function livingCopy(
  copies: Map<string, Copy>,
  key: string,
  about: Pick<Copy, 'by' | 'host' | 'uuid'> & { readonly incoming?: boolean },
): Copy {
  const known = copies.get(key);
  if (known && !known.gone) return known;
  if (known) copies.set(`${key} before ${copies.size}`, known);
  const copy = { incoming: false, ...about, stretches: [], status: '', gone: false };
  copies.set(key, copy);
  return copy;
}

function hearAnswer(copy: Copy, { status, sentMs, receivedMs }: Answer): void {
  copy.status = status;
  const last = copy.stretches.at(-1);
  if (status !== 'running') {
    if (last) last.open = false;
  } else if (last?.open) last.toMs = Math.max(last.toMs, sentMs);
  else copy.stretches.push({ fromMs: receivedMs, toMs: receivedMs, open: true });
}

function hearEvent(copy: Copy, { event, atMs }: Event): void {
  const last = copy.stretches.at(-1);
  copy.status = event === 'RESUME' ? 'running' : 'paused';
  if (event === 'RESUME') {
    if (!last?.open) copy.stretches.push({ fromMs: atMs, toMs: atMs, open: true });
  } else if (last?.open) {
    last.toMs = Math.max(last.toMs, atMs);
    last.open = false;
  }
}

function end(copy: Copy): void {
  copy.gone = true;
  const last = copy.stretches.at(-1);
  if (last) last.open = false;
}

/** It runs, or would if somebody let it; one that gave its VM away does not. */
function isAlive({ gone, status, stretches }: Copy): boolean {
  const isOver = ['postmigrate', 'shutdown', 'internal-error', 'guest-panicked'].includes(status);
  return stretches.length > 0 && !gone && !isOver;
}

/** Where it ran, as what, and from when to when. */
function course(copy: Copy): string {
  const times = [firstMs(copy), lastMs(copy)].map((ms) => new Date(ms).toISOString().slice(11, 23));
  return `${copy.host} ${copy.incoming ? 'took it over' : 'booted it'} ${times.join(' to ')}`;
}

function atOneMoment(copies: readonly Copy[]): readonly string[] {
  return pairs(copies, (one, other) =>
    one.stretches.some((a) =>
      other.stretches.some((b) => Math.min(a.toMs, b.toMs) > Math.max(a.fromMs, b.fromMs)),
    ),
  ).map(({ uuid, hosts }) => `${uuid} ran on ${hosts} at one moment, as its QEMUs say`);
}

/** A copy that ran on after another had run: what that one did is lost, or both went on. */
function ranOn(copies: readonly Copy[], by: string): readonly string[] {
  return pairs(copies, (one, other) =>
    other.stretches.some((b) => firstMs(one) <= b.fromMs && lastMs(one) >= b.toMs),
  ).map(({ uuid, hosts }) => `one copy of ${uuid} ran on after the other had run, ${hosts}, ${by}`);
}

function pairs(
  copies: readonly Copy[],
  isHarm: (one: Copy, other: Copy) => boolean,
): readonly { readonly uuid: string; readonly hosts: string }[] {
  const ran = copies.filter(({ stretches }) => stretches.length > 0);
  return ran.flatMap((one, at) =>
    ran
      .slice(at + 1)
      .filter((other) => other.uuid === one.uuid && (isHarm(one, other) || isHarm(other, one)))
      .map((other) => ({
        uuid: one.uuid,
        hosts: [one.host, other.host].toSorted(byText).join(' and '),
      })),
  );
}

/** It surely ran at some moment up to then. */
function firstMs({ by, stretches: [first] }: Copy): number {
  return (by === 'qemu' ? first?.fromMs : first?.toMs) ?? 0;
}

/** It surely ran at some moment from then on. */
function lastMs({ by, stretches }: Copy): number {
  const last = stretches.at(-1);
  return (by === 'qemu' ? last?.toMs : last?.fromMs) ?? 0;
}

function byText(a: string, b: string): number {
  return a < b ? -1 : 1;
}
