/**
 * `npm test`: the checks, then every tier of tests in turn. Goes on after a failure, so that one run tells
 * all there is to know, and ends with the line `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildImages } from '../lab/images.ts';
import { prepareMachine } from '../lab/machine.ts';
import { checkout } from '../lab/settings.ts';
import { runChecks } from './commands.ts';

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** What the tests themselves run, and the package that each is in. */
const testPrograms = {
  'ansible-inventory': 'ansible-core',
  chromium: 'chromium',
  fish: 'fish',
  mandoc: 'mandoc',
  openssl: 'openssl',
  'qemu-img': 'qemu-utils',
  zsh: 'zsh',
};

const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
const started = performance.now();

heading('checks');
for (const judged of await runChecks()) tally[judged.ok ? 'passed' : 'failed'] += 1;
heading('machine');
const unfit = await prepareMachine((text) => console.log(text), testPrograms).catch(
  (error: unknown) => error,
);
await tier('unit');
heading('images of the lab');
try {
  if (unfit !== undefined) throw unfit;
  await buildImages((text) => console.log(text), 'tests');
  await tier('contract');
  await tier('end-to-end');
} catch (error) {
  console.log(
    `the lab cannot be built here: ${error instanceof Error ? error.message : String(error)}`,
  );
  tally.failed += 1;
}

const minutes = ((performance.now() - started) / 60_000).toFixed(1);
console.log(`\neverything took ${minutes} minutes`);
const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : '';
console.log(`${tally.passed} passed, ${tally.failed} failed${skipped}`);
process.exit(tally.failed === 0 ? 0 : 1);

function heading(text: string): void {
  console.log(`\n── ${text} ──`);
}

/** A tier whose runner gives no report at all counts as one failure. */
async function tier(project: string): Promise<void> {
  heading(project);
  const folder = await mkdtemp(join(tmpdir(), 'drover-test-'));
  try {
    const report = join(folder, 'report.json');
    const code = await vitest(project, report);
    const counted = await count(report);
    tally.passed += counted.passed;
    tally.failed += counted.failed;
    tally.skipped += counted.skipped;
    // A suite that breaks before its first test, or an error outside any test, has no test to blame.
    if (code !== 0 && counted.failed === 0) tally.failed += 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function vitest(project: string, report: string): Promise<number> {
  const args = ['run', '--project', project, '--reporter=tree', '--reporter=json'];
  return new Promise((resolve) => {
    const child = spawn('vitest', [...args, `--outputFile.json=${report}`], {
      cwd: checkout,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    child.on('error', () => resolve(1));
    child.on('close', (code) => resolve(code ?? 1));
  });
}

async function count(report: string): Promise<Tally> {
  try {
    const read = JSON.parse(await readFile(report, 'utf8')) as Readonly<Record<string, number>>;
    return {
      passed: read['numPassedTests'] ?? 0,
      failed: read['numFailedTests'] ?? 0,
      skipped: (read['numPendingTests'] ?? 0) + (read['numTodoTests'] ?? 0),
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
