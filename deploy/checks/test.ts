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
import { failureLines, readReport, type Failure } from './report.ts';

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

const tally = { passed: 0, failed: 0, skipped: 0 };
const failures: Failure[] = [];
const started = performance.now();

heading('checks');
for (const judged of await runChecks()) {
  tally[judged.ok ? 'passed' : 'failed'] += 1;
  if (!judged.ok) failures.push({ file: judged.name, test: undefined, said: judged.output });
}
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
  const said = error instanceof Error ? error.message : String(error);
  console.log(`the lab cannot be built here: ${said}`);
  failures.push({ file: 'images of the lab', test: undefined, said });
  tally.failed += 1;
}

// Who has only the end of the output, as of a run elsewhere, learns from it what failed.
if (failures.length > 0) heading('what failed');
for (const failure of failures) console.log(failureLines(failure, checkout).join('\n'));

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
    const path = join(folder, 'report.json');
    const code = await vitest(project, path);
    const report = readReport(await readFile(path, 'utf8').catch(() => undefined));
    tally.passed += report.passed;
    tally.failed += report.failed;
    tally.skipped += report.skipped;
    failures.push(...report.failures);
    // A suite that breaks before its first test, or an error outside any test, has no test to blame.
    if (code !== 0 && report.failed === 0) tally.failed += 1;
    if (code !== 0 && report.failures.length === 0) {
      const said = `vitest ended with ${code} and blames no test; its output above says why`;
      failures.push({ file: project, test: undefined, said });
    }
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
