import { execFile, spawn } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compact, replay, type JournalRecord } from '../../src/logic/index.ts';
import { encodeRecord, openJournal } from '../../src/shell/journal-file.ts';

const epoch = (number: number): JournalRecord => ({ type: 'epoch', epoch: String(number) });
let folder = '';
let path = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-journal-'));
  path = join(folder, 'journal');
});
afterEach(() => rm(folder, { recursive: true }));

async function write(...records: readonly JournalRecord[]): Promise<void> {
  await using journal = await openJournal(path);
  await Promise.all(records.map((record) => journal.append(record)));
}

async function read(): Promise<readonly JournalRecord[]> {
  await using journal = await openJournal(path);
  return journal.records;
}

describe('the journal file', () => {
  it('gives back what was appended, in order', async () => {
    await write(epoch(1), epoch(2));
    await write(epoch(3));
    expect(await read()).toEqual([epoch(1), epoch(2), epoch(3)]);
  });

  it('cuts off a tail torn anywhere, and goes on behind what is whole', async () => {
    const whole = encodeRecord(epoch(1)) + encodeRecord(epoch(2));
    const firstEnd = encodeRecord(epoch(1)).length;
    for (let cut = 0; cut <= whole.length; cut += 1) {
      await writeFile(path, whole.slice(0, cut));
      await write(epoch(9));
      const kept = cut === whole.length ? [epoch(1), epoch(2)] : cut >= firstEnd ? [epoch(1)] : [];
      expect(await read()).toEqual([...kept, epoch(9)]);
    }
  });

  it('cuts off a tail of rubbish', async () => {
    await write(epoch(1));
    await appendFile(path, '00000000 {"type":"epoch","epoch":"999"}\n\0\0\0\0');
    expect(await read()).toEqual([epoch(1)]);
  });

  it('keeps what is whole behind a broken line, and says so', async () => {
    await write(epoch(1), epoch(2), epoch(3));
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('"2"', '"7"'));
    const warnings: string[] = [];
    const journal = await openJournal(path, { warn: (warning) => warnings.push(warning) });
    expect(journal.records).toEqual([epoch(1), epoch(3), { type: 'altered' }]);
    await journal[Symbol.asyncDispose]();
    expect(warnings.join()).toMatch(/1 broken/);
    expect(await read()).toEqual([epoch(1), epoch(3), { type: 'altered' }]);
  });

  it('goes on saying so, in whatever order it is started and rewritten, until it says that it was heard', async () => {
    const records: JournalRecord[] = [epoch(1), { type: 'altered' }, epoch(2)];
    expect(replay(records).isAltered).toBe(true);
    expect(replay(compact(records)).isAltered).toBe(true);
    const after: JournalRecord[] = [...records, { type: 'listened' }];
    expect(replay(after).isAltered).toBe(false);
    expect(replay(compact(after)).isAltered).toBe(false);
    expect(replay([...after, { type: 'altered' }]).isAltered).toBe(true);
  });

  it('rewrites itself when long, and means the same afterwards', async () => {
    const records: JournalRecord[] = [epoch(5)];
    for (let at = 0; at < 1000; at += 1) {
      records.push({ type: 'generation', vmId: `vm-${at % 10}`, generation: at });
    }
    {
      await using journal = await openJournal(path, { compactAtBytes: 4096 });
      for (const record of records) await journal.append(record);
    }
    expect((await stat(path)).size).toBeLessThan(16_384);
    expect(replay(await read())).toEqual(replay(records));
  });

  it('refuses when closed', async () => {
    const journal = await openJournal(path);
    await journal[Symbol.asyncDispose]();
    await expect(journal.append(epoch(1))).rejects.toThrow(/closed/);
  });

  it('on a full disk rejects, and is whole when there is space again', async () => {
    const program = join(import.meta.dirname, 'full-disk.ts');
    // A file may grow to 1 KiB; a write beyond is cut there, as on a full disk.
    const limited = `trap '' XFSZ; ulimit -S -f 1; exec "$0" "$1" "$2"`;
    const child = spawn('bash', ['-c', limited, process.execPath, program, path]);
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const rejected = Number((await lines.next()).value);
    expect(rejected).toBeGreaterThan(2);
    await promisify(execFile)('prlimit', ['--pid', String(child.pid), '--fsize=unlimited']);
    child.stdin.write('\n');
    expect((await lines.next()).value).toBe('written');
    child.stdin.end();
    const expected = Array.from({ length: rejected + 1 }, (_, at) => epoch(at));
    expect(await read()).toEqual(expected);
  });
});
