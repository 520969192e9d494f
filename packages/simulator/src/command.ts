/**
 * Does what the command was asked to do. The real clock is looked at for the length of a swarm only; everything
 * else is virtual.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import type { Wanted } from './arguments.ts';
import { replay } from './play.ts';
import { brokenText, summaryOf } from './report.ts';
import { runSeed, type SeedResult } from './run-seed.ts';
import { readScenario, type Scenario, writeScenario } from './scenario.ts';
import { shrink } from './shrink.ts';
import { readStanding } from './standing.ts';
import { runSwarm } from './swarm-run.ts';
import { sweep } from './sweep.ts';
import { renderTrace } from './trace.ts';

type Print = (text: string) => void;

/** How long a broken run is made smaller. */
const shrinkMs = 60_000;

/** Gives the exit code. */
export function run(wanted: Wanted, print: Print): number {
  switch (wanted.type) {
    case 'seed':
      return runOne(runSeed(wanted.seed, { keepTrace: wanted.trace }), wanted, print);
    case 'replay':
      return replayFile(wanted, print);
    case 'swarm':
      return swarm(wanted, print);
    case 'sweep':
      return sweepFile(wanted, print);
  }
}

function runOne(result: SeedResult, { trace, plant }: Wanted, print: Print): number {
  const { world, violation, seed } = result;
  if (trace) print(renderTrace(world.trace.all));
  else if (violation) {
    print(brokenText(`seed ${seed}`, violation, world.trace.recent, `--seed ${seed}`, plant));
  }
  print(summaryOf(result));
  return violation === undefined ? 0 : 1;
}

function replayFile(wanted: Extract<Wanted, { type: 'replay' }>, print: Print): number {
  const { trace, violation } = replay(readFile(wanted.file, wanted.dump));
  if (wanted.trace) print(renderTrace(trace.all));
  if (violation === undefined) {
    print('all promises held');
    return 0;
  }
  const again = `--replay ${wanted.file}${wanted.dump === undefined ? '' : ` --dump ${wanted.dump}`}`;
  print(brokenText(wanted.file, violation, trace.all, again, wanted.plant));
  return 1;
}

function swarm(wanted: Extract<Wanted, { type: 'swarm' }>, print: Print): number {
  const { forMs = Number.POSITIVE_INFINITY, seeds = Number.POSITIVE_INFINITY } = wanted;
  const untilMs = performance.now() + forMs;
  const isOver = (made: number) => made >= seeds || performance.now() >= untilMs;
  const totals = runSwarm(wanted.from, isOver);
  const hours = (totals.virtualMs / 3_600_000).toFixed(1);
  print(
    `${totals.seeds} seeds from ${wanted.from}, ${hours} virtual hours, ` +
      `${totals.operations} times asked, ${totals.faults} faults`,
  );
  const { broken } = totals;
  if (broken?.violation === undefined) {
    print('all promises held');
    return 0;
  }
  const { seed, violation, world } = broken;
  const again = `--seed ${seed}`;
  print(brokenText(`seed ${seed}`, violation, world.trace.recent, again, wanted.plant));
  if (wanted.shrinks) print(shrunkText(broken, wanted.plant));
  return 1;
}

function shrunkText({ seed, recorded, violation }: SeedResult, plant: string | undefined): string {
  const untilMs = performance.now() + shrinkMs;
  const shrunk = shrink(recorded, violation?.promise ?? '', () => performance.now() < untilMs);
  if (shrunk === undefined) return 'played again from its record it does not break that promise';
  const file = `broken-seed-${seed}.yaml`;
  const claim = `${shrunk.violation.promise}, found with seed ${seed}`;
  writeFileSync(file, stringify(writeScenario({ ...shrunk.scenario, claim })));
  const planted = plant === undefined ? '' : ` --plant ${plant}`;
  return [
    `made smaller in ${shrunk.tries} tries: ${recorded.steps.length} steps to ${shrunk.scenario.steps.length}`,
    `  npm run sim -- --replay ${file} --trace${planted}`,
  ].join('\n');
}

function sweepFile(wanted: Extract<Wanted, { type: 'sweep' }>, print: Print): number {
  const { file, pairs, plant } = wanted;
  const { runs, points, broken } = sweep(readFile(file), { pairs });
  const places = [...points].map(([who, count]) => `${who} ${count}`).join(', ');
  print(`${runs} runs; points: ${places}`);
  if (broken === undefined) {
    print('all promises held');
    return 0;
  }
  const { violation, trace, blows, where } = broken;
  const struck = blows.map(({ who, at, how }) => `${who} at ${at}: ${how}`).join(', ');
  const again = `--sweep ${file} --pairs ${pairs}`;
  print(brokenText(`${struck} (${where})`, violation, trace, again, plant));
  return 1;
}

function readFile(file: string, dump?: string): Scenario {
  const standing = dump === undefined ? undefined : readStanding(readFileSync(dump, 'utf8'));
  return readScenario(file, parse(readFileSync(file, 'utf8')), standing);
}
