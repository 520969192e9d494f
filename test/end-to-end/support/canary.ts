/**
 * What the canary of the tiny image wrote on a VM's disk (`deploy/images/tiny/canary.c` says what), read from
 * outside: was there one writer only, and did it boot only where a boot was asked for?
 */
import type { Lab } from '@drover/deploy/lab';

const pool = '/var/lib/drover/pools/vms';

export interface CanaryLog {
  /** Boot ids, oldest first. */
  readonly boots: readonly string[];
  /** Hundredths of a second that the newest boot had run when it wrote last. */
  readonly lastAt: number;
  readonly records: number;
  /** In sentences; nothing is what one wants to hear. */
  readonly harm: readonly string[];
}

interface Chapter {
  readonly number: number;
  readonly boot: string;
  /** The last record that it found when it was opened. */
  readonly afterBoot: string;
  readonly afterSequence: number;
  readonly records: ChapterRecord[];
}

interface ChapterRecord {
  readonly sequence: number;
  readonly boot: string;
  readonly at: number;
  readonly foreign: number;
}

const chapterLine = /^chapter (\d+) ([0-9a-f-]{36}) after ([0-9a-f-]{36}|none) (\d+)$/;
const recordLine = /^record (\d+) ([0-9a-f-]{36}) (\d+) foreign (\d+)$/;

/** Reads a VM's clone of the tiny image, past QEMU, on a host that reaches its pool. One that is not made is empty. */
export function canaryOf(lab: Lab, host: string, vmId: string): Promise<CanaryLog> {
  const file = `${pool}/${vmId}-0.qcow2`;
  const copy = `qemu-img dd -U -f qcow2 -O raw bs=1M skip=32 if=${file} of=$part`;
  return readPart(lab, host, `[ ! -e ${file} ] || ${copy}`);
}

/** Reads the disk behind QEMU's own NFS client, on the server. */
export function canaryOfWire(lab: Lab): Promise<CanaryLog> {
  return readPart(lab, 'nfs', 'dd bs=1M skip=32 if=/export/wire.raw of=$part status=none');
}

async function readPart(lab: Lab, service: string, copy: string): Promise<CanaryLog> {
  const script = `
    part=$(mktemp) && trap 'rm -f $part' EXIT
    { ${copy}; } && tr -d '\\0' < $part`;
  const { exitCode, stdout, stderr } = await lab.exec(service, ['sh', '-c', script]);
  if (exitCode !== 0) throw new Error(`${copy} (${service}): ${stderr}`);
  return readCanary(stdout);
}

/** `text`: the canary's part of a disk in the order of its sectors, without zeros. */
export function readCanary(text: string): CanaryLog {
  const harm: string[] = [];
  const chapters: Chapter[] = [];
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, number, boot = '', afterBoot = '', afterSequence] = chapterLine.exec(line) ?? [];
    const record = recordOf(line);
    if (number !== undefined) {
      const after = { afterBoot, afterSequence: Number(afterSequence) };
      chapters.push({ number: Number(number), boot, ...after, records: [] });
    } else if (record && chapters.length > 0) chapters.at(-1)?.records.push(record);
    else harm.push(`it has what no canary writes: ${line.slice(0, 80)}`);
  }
  chapters.sort((a, b) => a.number - b.number);
  for (const chapter of chapters) harm.push(...insideOf(chapter));
  for (const [at, chapter] of chapters.entries()) {
    harm.push(...between(chapters[at - 1], chapter));
  }
  return {
    boots: chapters.map(({ boot }) => boot),
    lastAt: chapters.at(-1)?.records.reduce((last, { at }) => Math.max(last, at), 0) ?? 0,
    records: chapters.reduce((sum, { records }) => sum + records.length, 0),
    harm,
  };
}

function recordOf(line: string): ChapterRecord | undefined {
  const [, sequence, boot, at, foreign] = recordLine.exec(line) ?? [];
  if (boot === undefined) return undefined;
  return { sequence: Number(sequence), boot, at: Number(at), foreign: Number(foreign) };
}

/** One boot, numbers without a hole, each later than the one before. */
function insideOf({ number, boot, records }: Chapter): readonly string[] {
  const name = `chapter ${number}`;
  const harm: string[] = [];
  const sorted = records.toSorted((a, b) => a.sequence - b.sequence);
  for (const [at, record] of sorted.entries()) {
    const before = sorted[at - 1];
    const where = `${name}, record ${record.sequence}`;
    if (record.boot !== boot) harm.push(`${where} is by boot ${record.boot}, not ${boot}`);
    if (record.foreign > (before?.foreign ?? 0)) harm.push(`${where} found foreign writing`);
    if (before === undefined) continue;
    if (record.sequence !== before.sequence + 1) harm.push(`${where} follows ${before.sequence}`);
    if (record.at <= before.at) harm.push(`${where} is not later than the one before`);
  }
  return harm;
}

/** The writer of a chapter was dead when the next was opened. */
function between(before: Chapter | undefined, chapter: Chapter): readonly string[] {
  // The oldest on the disk may be a later one: chapters are written over in turn.
  if (before === undefined) return [];
  const name = `chapter ${chapter.number}`;
  if (chapter.number !== before.number + 1) return [`${name} follows chapter ${before.number}`];
  if (chapter.boot === before.boot) return [`${name} is by the same boot as the one before`];
  const last = before.records.reduce((most, { sequence }) => Math.max(most, sequence), 0);
  if (last === chapter.afterSequence) return [];
  return [
    `two writers: boot ${before.boot} wrote record ${last}, and boot ${chapter.boot} ` +
      `had begun after its record ${chapter.afterSequence}`,
  ];
}
