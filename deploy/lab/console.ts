/** Builds the web console’s files, from which the API serves it, where they are not there or not of these sources. */
import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { run } from './docker.ts';
import { checkout } from './settings.ts';

const folder = join(checkout, 'packages', 'console');
const stamp = join(folder, 'dist', '.built-from');

/** What goes into it; the words of the command line are shown there too. */
const sources = [
  'packages/console/src',
  'packages/console/public',
  'packages/console/index.html',
  'packages/console/vite.config.ts',
  'packages/console/package.json',
  'packages/cli/src/logic',
];

export async function buildConsole(onStep: (text: string) => void): Promise<void> {
  const hash = await sourceHash();
  if ((await readFile(stamp, 'utf8').catch(() => '')) === hash) return;
  const started = performance.now();
  const vite = join(folder, 'node_modules', '.bin', 'vite');
  const built = await run(vite, ['build', '--logLevel', 'warn', folder], { timeoutMs: 300_000 });
  if (built.exitCode !== 0) {
    throw new Error(`the console cannot be built: ${built.stderr.trim().slice(-600)}`);
  }
  await writeFile(stamp, hash);
  onStep(`built the console in ${((performance.now() - started) / 1000).toFixed(0)} s`);
}

async function sourceHash(): Promise<string> {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const file of await filesOf(join(checkout, source))) {
      hash.update(`\0${relative(checkout, file)}\0`).update(await readFile(file));
    }
  }
  return hash.digest('hex');
}

async function filesOf(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(
    () => undefined,
  );
  if (entries === undefined) return [path];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
