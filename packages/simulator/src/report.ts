/** What the command prints about runs: for people, the same every time. */
import type { SeedResult } from './run-seed.ts';
import { renderLine, type TraceLine } from './trace.ts';
import type { Violation } from './world.ts';

export function summaryOf(result: SeedResult): string {
  const { seed, options, world, virtualMs, operations, faults, hash, violation } = result;
  const { hosts, schedulers } = options.scenario;
  const ended = new Map<string, number>();
  for (const { type, state } of world.records.operations.values()) {
    const key = `${type} ${state}`;
    ended.set(key, (ended.get(key) ?? 0) + 1);
  }
  const list = (counts: ReadonlyMap<string, number>) =>
    [...counts]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${name} ${count}`)
      .join(', ') || 'none';
  return [
    `seed        ${seed}`,
    `cluster     ${hosts.length} hosts, ${schedulers} schedulers, up to ${options.vmCount} VMs`,
    `time        ${(virtualMs / 60_000).toFixed(1)} virtual minutes, ${world.steps} events`,
    `asked       ${operations} times`,
    `operations  ${list(ended)}`,
    `faults      ${list(faults)}`,
    `etcd        revision ${world.etcd.revision}; NATS delivered ${world.bus.delivered}, lost ${world.bus.lost}`,
    `trace       ${hash}`,
    `result      ${violation ? `BROKEN ${violation.promise}` : 'all promises held'}`,
  ].join('\n');
}

/** What was broken, what led to it, and how to see it again. */
export function brokenText(
  where: string,
  { promise, what, atMs }: Violation,
  trace: readonly TraceLine[],
  again: string,
  plant: string | undefined,
): string {
  const planted = plant === undefined ? '' : ` --plant ${plant}`;
  const traced = again.startsWith('--sweep') ? '' : ' --trace';
  return [
    `BROKEN ${promise} with ${where} at ${(atMs / 1000).toFixed(3)} s`,
    `  ${what}`,
    'the last events:',
    ...trace.slice(-25).map((line) => `  ${renderLine(line).trimEnd()}`),
    'see it again:',
    `  npm run sim -- ${again}${traced}${planted}`,
  ].join('\n');
}
