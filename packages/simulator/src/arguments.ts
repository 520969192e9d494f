/** What the command was asked to do. */
import { parseArgs } from 'node:util';
import { plants } from './plants.ts';

export const usage = `drover simulator: the real logic of scheduler and agents in a simulated world

  npm run sim -- --seed 42           one run; prints what happened
  npm run sim -- --swarm 60s         as many seeds as fit into that time (s or m), until one breaks a promise;
                                     that run is made smaller and written to broken-seed-N.yaml
  npm run sim -- --swarm 300         so many seeds
  npm run sim -- --swarm 60s --from 1000   beginning with that seed
  npm run sim -- --replay FILE       a scenario or a written run, played once
  npm run sim -- --replay FILE --dump CLUSTER   its script on the cluster of a dump (drover dump)
  npm run sim -- --sweep FILE        a scenario with each process struck at each of its points
  npm run sim -- --sweep FILE --pairs 500  and so many runs with two of them struck

  --no-shrink    with --swarm: the run that breaks a promise is not made smaller
  --trace        with --seed or --replay: every line of its trace
  --plant NAME   with a bug planted, which must be found
  --help         this text

exit code: 0 all promises held, 1 one was broken, 2 the command was not understood

plants:
${plants.map(({ name, says }) => `  ${name.padEnd(26)} ${says}`).join('\n')}
`;

export type Wanted = (
  | { readonly type: 'seed'; readonly seed: number }
  | {
      readonly type: 'swarm';
      /** One of the two bounds it. */
      readonly forMs?: number;
      readonly seeds?: number;
      readonly from: number;
      readonly shrinks: boolean;
    }
  | { readonly type: 'replay'; readonly file: string; readonly dump?: string }
  | { readonly type: 'sweep'; readonly file: string; readonly pairs: number }
) & { readonly trace: boolean; readonly plant?: string };

/** Throws where it is not understood; nothing where only help was asked for. */
export function readArguments(words: readonly string[]): Wanted | undefined {
  const { values } = parseArgs({
    args: [...words],
    options: {
      seed: { type: 'string' },
      swarm: { type: 'string' },
      from: { type: 'string', default: '1' },
      replay: { type: 'string' },
      dump: { type: 'string' },
      sweep: { type: 'string' },
      pairs: { type: 'string', default: '0' },
      'no-shrink': { type: 'boolean', default: false },
      trace: { type: 'boolean', default: false },
      plant: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return undefined;
  const { seed, swarm, replay, dump, sweep, trace, plant } = values;
  const given = [seed, swarm, replay, sweep].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw new Error(`give one of --seed, --swarm, --replay and --sweep\n\n${usage}`);
  }
  if (dump !== undefined && replay === undefined) {
    throw new Error(`--dump needs a script: --replay FILE\n\n${usage}`);
  }
  const common = { trace, ...(plant === undefined ? {} : { plant }) };
  if (seed !== undefined) return { type: 'seed', seed: wholeNumber('--seed', seed), ...common };
  if (replay !== undefined) {
    const cluster = dump === undefined ? {} : { dump };
    return { type: 'replay', file: replay, ...cluster, ...common };
  }
  if (sweep !== undefined) {
    return { type: 'sweep', file: sweep, pairs: wholeNumber('--pairs', values.pairs), ...common };
  }
  const from = wholeNumber('--from', values.from);
  const shrinks = !values['no-shrink'];
  return { type: 'swarm', ...lengthOf(swarm ?? ''), from, shrinks, ...common };
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`${option} ${text}: a whole number is needed`);
  return Number(text);
}

function lengthOf(text: string): { readonly forMs: number } | { readonly seeds: number } {
  const [, digits, unit] = /^(\d{1,6})(s|m)?$/.exec(text) ?? [];
  if (digits === undefined) {
    throw new Error(`--swarm ${text}: a time like 60s or 5m is needed, or a number of seeds`);
  }
  if (unit === undefined) return { seeds: Number(digits) };
  return { forMs: Number(digits) * (unit === 'm' ? 60_000 : 1_000) };
}
