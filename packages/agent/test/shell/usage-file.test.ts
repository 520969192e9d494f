/** What was used, on disk: bounded, there after a restart, and never in the way. */
import {
  appendFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { minutesKept, type UsageMinute } from '../../src/logic/index.ts';
import { openUsage } from '../../src/shell/usage-file.ts';

const vmId = '00000000-0000-4000-8000-00000000000a';
let folder = '';
let path = '';
let warnings: string[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'drover-usage-'));
  path = join(folder, 'usage');
  warnings = [];
});
afterEach(() => rm(folder, { recursive: true }));

const minute = (number: number): UsageMinute => ({
  minute: number,
  host: [15, 100, 300, 1_000, 1_000, 0, 0, 0, 0],
  vms: [{ vmId, row: [15, number, number, null, null, 64, 64] }],
});
const numbers = (minutes: readonly UsageMinute[]) => minutes.map((one) => one.minute);
const options = (mostBytes?: number) => ({
  warn: (text: string) => warnings.push(text),
  ...(mostBytes === undefined ? {} : { mostBytes }),
});

async function write(from: number, to: number, mostBytes?: number): Promise<void> {
  await using file = await openUsage(path, options(mostBytes));
  for (let number = from; number <= to; number += 1) file.append(minute(number));
}

async function read(): Promise<readonly UsageMinute[]> {
  await using file = await openUsage(path, options());
  return file.minutes;
}

it('is there after a restart, as it was', async () => {
  await write(1, 2);
  await write(3, 3);
  expect(await read()).toEqual([minute(1), minute(2), minute(3)]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
});

it('loses a torn tail and no more', async () => {
  await write(1, 2);
  await appendFile(path, '0badc0de {"minute":3,"vms"');
  await write(3, 3);
  expect(numbers(await read())).toEqual([1, 2, 3]);
  expect(warnings).toEqual([]);
});

it('that is broken inside is set aside, and what of it is whole goes on', async () => {
  await write(1, 3);
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace('"minute":2', '"minute":7'));
  await write(4, 4);
  expect(numbers(await read())).toEqual([1, 3, 4]);
  expect(warnings).toEqual([expect.stringMatching(/usage is set aside as .*usage\.damaged/)]);
  expect((await readdir(folder)).toSorted()).toEqual(['usage', 'usage.damaged']);
});

it('that cannot be read at all is set aside too', async () => {
  await mkdir(path);
  await write(1, 1);
  expect(numbers(await read())).toEqual([1]);
  expect(warnings).toEqual([expect.stringContaining('set aside')]);
});

it('leaves out lines that have another shape', async () => {
  await write(1, 1);
  const { crc32 } = await import('node:zlib');
  const other = JSON.stringify({ minute: 2, vms: [{ vmId, row: [1] }] });
  await appendFile(path, `${crc32(other).toString(16).padStart(8, '0')} ${other}\n`);
  expect(numbers(await read())).toEqual([1]);
});

it('that cannot be written is missed by nobody: it is told once, and goes on when it can', async () => {
  path = join(folder, 'missing', 'usage');
  {
    await using file = await openUsage(path, options());
    for (const number of [1, 2, 3]) file.append(minute(number));
    await file.written;
    await mkdir(join(folder, 'missing'));
    file.append(minute(4));
  }
  expect(warnings).toEqual([expect.stringContaining('is not kept')]);
  expect(numbers(await read())).toEqual([4]);
});

it('keeps a day, and is never longer than two', async () => {
  const days = 2 * minutesKept;
  await write(1, days);
  expect(numbers(await read())).toEqual(
    Array.from({ length: minutesKept }, (_, at) => days - minutesKept + 1 + at),
  );
});

it('keeps less than a day where that would be too many bytes', async () => {
  await write(1, 200, 4_096);
  expect((await stat(path)).size).toBeLessThanOrEqual(4_096);
  expect((await read()).at(-1)).toEqual(minute(200));
});
