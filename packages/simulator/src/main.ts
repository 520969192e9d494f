#!/usr/bin/env node
/**
 * The simulator's command: one seed, or as many as fit into a time. The real clock is looked at for that time
 * only; everything else is virtual.
 */
import { parseArgs } from 'node:util';
import { plantBug } from './planting.ts';
import { plants } from './plants.ts';

const usage = `drover simulator: the real logic of scheduler and agents in a simulated world

  npm run sim -- --seed 42           one run; prints what happened, exit code 1 where a promise was broken
  npm run sim -- --seed 42 --trace   the same, with every line of its trace
  npm run sim -- --swarm 60s         as many seeds as fit into that time (s or m), until one breaks a promise
  npm run sim -- --swarm 60s --from 1000   beginning with that seed
  npm run sim -- --swarm 60s --plant NAME  with a bug planted, which must be found
  --help                             this text

plants:
${plants.map(({ name, says }) => `  ${name.padEnd(22)} ${says}`).join('\n')}
`;

interface Wanted {
  readonly seed: number | undefined;
  readonly swarmMs: number | undefined;
  readonly from: number;
  readonly trace: boolean;
  readonly plant: string | undefined;
}

async function main(): Promise<number> {
  const wanted = readArguments();
  if (wanted === undefined) return 2;
  const isLoaded = wanted.plant === undefined ? () => true : plant(wanted.plant);
  // Only now: what is imported from here on may have a bug planted in it.
  const { runSeed } = await import('./run-seed.ts');
  const { runSwarm } = await import('./swarm-run.ts');
  const { summaryOf, violationOf } = await import('./report.ts');
  const { renderTrace } = await import('./trace.ts');
  if (!isLoaded()) throw new Error(`plant ${wanted.plant}: its file is not part of the simulation`);
  if (wanted.seed !== undefined) {
    const result = runSeed(wanted.seed, { keepTrace: wanted.trace });
    if (wanted.trace) print(renderTrace(result.world.trace.all));
    else if (result.violation) print(violationOf(result, wanted.plant));
    print(summaryOf(result));
    return result.violation === undefined ? 0 : 1;
  }
  const untilMs = performance.now() + (wanted.swarmMs ?? 0);
  const totals = runSwarm(wanted.from, () => performance.now() >= untilMs);
  print(
    `${totals.seeds} seeds from ${wanted.from}, ${(totals.virtualMs / 3_600_000).toFixed(1)} virtual hours, ` +
      `${totals.operations} times asked, ${totals.faults} faults`,
  );
  if (totals.broken === undefined) {
    print('all promises held');
    return 0;
  }
  print(violationOf(totals.broken, wanted.plant));
  return 1;
}

function readArguments(): Wanted | undefined {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      swarm: { type: 'string' },
      from: { type: 'string', default: '1' },
      trace: { type: 'boolean', default: false },
      plant: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    print(usage);
    process.exit(0);
  }
  const seed = values.seed === undefined ? undefined : wholeNumber('--seed', values.seed);
  const swarmMs = values.swarm === undefined ? undefined : durationMs(values.swarm);
  if ((seed === undefined) === (swarmMs === undefined)) {
    process.stderr.write(`give one of --seed and --swarm\n\n${usage}`);
    return undefined;
  }
  const from = wholeNumber('--from', values.from);
  return { seed, swarmMs, from, trace: values.trace, plant: values.plant };
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${option} ${text}: a whole number is needed`);
  return Number(text);
}

function durationMs(text: string): number {
  const match = /^(\d{1,6})(s|m)$/.exec(text);
  if (!match) throw new Error(`--swarm ${text}: a time is needed, like 60s or 5m`);
  return Number(match[1]) * (match[2] === 'm' ? 60_000 : 1_000);
}

function plant(name: string): () => boolean {
  const found = plants.find((one) => one.name === name);
  if (!found) {
    throw new Error(`no plant ${name}; there are ${plants.map((one) => one.name).join(', ')}`);
  }
  return plantBug(found);
}

function print(text: string): void {
  process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
}

try {
  process.exitCode = await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
