/**
 * The same operations, drawn at random, against a fake and the real thing; what a caller saw, step by step, must be
 * the same. Where it is not, the operations are made fewer and both transcripts are shown side by side.
 */
import fc from 'fast-check';

/** What could be seen during one operation: lines without times, ids and absolute revisions. */
export type Step = readonly string[];

/** Plays all operations from a fresh start. */
export interface Player<Operation> {
  readonly name: string;
  /** `expected`: what the fake showed, to know how long there is something to wait for; never to be copied. */
  play(operations: readonly Operation[], expected?: readonly Step[]): Promise<readonly Step[]>;
}

/** Nothing after the first difference is of use. */
export function isElsewhere(step: Step, expected: Step | undefined): boolean {
  return expected !== undefined && step.join('\n') !== expected.join('\n');
}

/** Plays one operation after the other, and no further than the first that shows something else. */
export async function stepwise<Operation>(
  operations: readonly Operation[],
  expected: readonly Step[] | undefined,
  step: (operation: Operation, expected: Step | undefined) => Promise<Step>,
): Promise<{ readonly steps: Step[]; readonly isElsewhere: boolean }> {
  const steps: Step[] = [];
  for (const [at, operation] of operations.entries()) {
    const seen = await step(operation, expected?.[at]);
    steps.push(seen);
    if (isElsewhere(seen, expected?.[at])) return { steps, isElsewhere: true };
  }
  return { steps, isElsewhere: false };
}

export interface Comparison<Operation> {
  readonly fake: Player<Operation>;
  readonly real: Player<Operation>;
  readonly operation: fc.Arbitrary<Operation>;
  readonly say: (operation: Operation) => string;
  readonly operations: readonly [min: number, max: number];
  /** Of an ordinary run of the suite; `DROVER_FIDELITY_RUNS=N` plays N times as many. */
  readonly runs: number;
  /** Known stories that are played first. */
  readonly examples?: readonly (readonly Operation[])[];
  /** How long a difference is made smaller. */
  readonly shrinkMs?: number;
}

const times = Number(process.env['DROVER_FIDELITY_RUNS'] ?? 1);
const seed = process.env['DROVER_FIDELITY_SEED'];

/** The time that a test of so many ordinary runs may take. */
export function fidelityMs(ordinaryMs: number): number {
  return ordinaryMs * Math.max(1, times);
}

/** Rejects where anything differs; returns how often both were played. */
export async function playBoth<Operation>(comparison: Comparison<Operation>): Promise<number> {
  const { fake, real, operation, say, operations, runs, examples = [] } = comparison;
  const [minLength, maxLength] = operations;
  let stopAt = Infinity;
  let smallest: string | undefined;
  const property = fc.asyncProperty(
    fc.array(operation, { minLength, maxLength, size: 'max' }),
    async (drawn) => {
      // Shrinking has had its time: what is left counts as well.
      fc.pre(performance.now() < stopAt);
      const shown = await fake.play(drawn);
      const seen = await real.play(drawn, shown);
      const difference = compare(drawn.map(say), [fake.name, shown], [real.name, seen]);
      if (difference === undefined) return;
      if (stopAt === Infinity) stopAt = performance.now() + (comparison.shrinkMs ?? 15_000);
      smallest = difference;
      throw new Error(difference);
    },
  );
  const result = await fc.check(property, {
    numRuns: Math.round(runs * times) + examples.length,
    examples: examples.map((one): [Operation[]] => [[...one]]),
    ...(seed === undefined ? {} : { seed: Number(seed) }),
  });
  const again = `DROVER_FIDELITY_SEED=${result.seed}, after ${result.numRuns} runs`;
  if (result.failed) {
    if (smallest === undefined)
      throw new Error(`nothing could be compared: ${told(result.errorInstance)}\n${again}`, {
        cause: result.errorInstance,
      });
    throw new Error(`${smallest}\n${again}`);
  }
  return result.numRuns;
}

/** With what it was caused by: a report may show the first line alone. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message} (${told(error.cause)})`;
}

type Told = readonly [name: string, steps: readonly Step[]];

/** Nothing where both are the same; else everything up to the first step that is not. */
function compare(said: readonly string[], fake: Told, real: Told): string | undefined {
  const [fakeName, shown] = fake;
  const [realName, seen] = real;
  const lines: string[] = [];
  for (let at = 0; at < Math.max(shown.length, seen.length); at += 1) {
    const [ours = [], theirs = []] = [shown[at], seen[at]];
    lines.push(said[at] ?? 'at the end');
    if (ours.join('\n') === theirs.join('\n')) {
      lines.push(...ours.map((line) => `      ${line}`));
      continue;
    }
    lines.push(...ours.map((line) => `  ${fakeName}: ${line}`));
    lines.push(...theirs.map((line) => `  ${realName}: ${line}`));
    return `${fakeName} and ${realName} differ:\n${lines.join('\n')}`;
  }
  return undefined;
}
