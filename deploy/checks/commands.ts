/** Runs the programs that judge the tree; says in one line each how they judged and how long it took. */
import { spawn } from 'node:child_process';
import { checkout } from '../lab/settings.ts';

export interface Judged {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
  readonly output: string;
}

/** Runs one program to its end, its output kept. */
export function judge(name: string, argv: readonly string[]): Promise<Judged> {
  const started = performance.now();
  return new Promise((resolve) => {
    const [program = '', ...args] = argv;
    const child = spawn(program, args, {
      cwd: checkout,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
    });
    let output = '';
    const keep = (chunk: Buffer) => {
      output += chunk.toString('utf8');
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const end = (ok: boolean) =>
      resolve({ name, ok, seconds: (performance.now() - started) / 1000, output });
    child.on('error', (error) => {
      output += error.message;
      end(false);
    });
    child.on('close', (code) => end(code === 0));
  });
}

/** What did not change since the last run need not be looked at again. */
const remembering = (name: string): readonly string[] => [
  '--incremental',
  '--tsBuildInfoFile',
  `node_modules/.cache/drover/${name}.tsbuildinfo`,
];

const steps: readonly (readonly [string, readonly string[]])[] = [
  ['types', ['tsc', '-p', 'tsconfig.json', ...remembering('types')]],
  ['pure types', ['tsc', '-p', 'tsconfig.pure.json', ...remembering('pure-types')]],
  [
    'console types',
    [
      'packages/console/node_modules/.bin/svelte-check',
      '--workspace',
      'packages/console',
      '--tsconfig',
      './tsconfig.json',
      '--fail-on-warnings',
    ],
  ],
  ['lint', ['oxlint']],
  ['format', ['oxfmt', '--check']],
  ['tidy', ['vitest', 'run', '--project', 'unit', 'test/tidy.test.ts']],
  ['plants', ['vitest', 'run', '--project', 'unit', 'packages/simulator/test/planting.test.ts']],
  ['OpenAPI', ['vitest', 'run', '--project', 'unit', 'packages/client/test/openapi.test.ts']],
  ['dead code', ['knip', '--no-progress']],
];

/** All checks, two at a time. Prints a line each, and at the end what the failed ones said. */
export async function runChecks(): Promise<readonly Judged[]> {
  const started = performance.now();
  const waiting = [...steps];
  const done: Judged[] = [];
  const worker = async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) {
      const judged = await judge(step[0], step[1]);
      done.push(judged);
      console.log(
        `${judged.ok ? 'ok    ' : 'FAILED'}  ${judged.name} (${judged.seconds.toFixed(1)} s)`,
      );
    }
  };
  await Promise.all([worker(), worker()]);
  for (const judged of done.filter((one) => !one.ok)) {
    console.log(`\n── ${judged.name} ──\n${judged.output.trim()}`);
  }
  console.log(`checks took ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return done;
}
