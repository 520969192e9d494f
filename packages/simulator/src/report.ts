/** What the command prints about runs: for people, the same every time. */
import type { SeedResult } from './run-seed.ts';
import { renderLine } from './trace.ts';

export function summaryOf(result: SeedResult): string {
  const { seed, options, world, virtualMs, operations, faults, hash, violation } = result;
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
    `cluster     ${options.hosts.length} hosts, ${options.schedulers} schedulers, up to ${options.vmCount} VMs`,
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
export function violationOf({ seed, world, violation }: SeedResult, plant?: string): string {
  if (violation === undefined) return '';
  const planted = plant === undefined ? '' : ` --plant ${plant}`;
  return [
    `BROKEN ${violation.promise} with seed ${seed} at ${(violation.atMs / 1000).toFixed(3)} s`,
    `  ${violation.what}`,
    'the last events:',
    ...world.trace.recent.slice(-25).map((line) => `  ${renderLine(line).trimEnd()}`),
    'see it again, with all that led to it:',
    `  npm run sim -- --seed ${seed} --trace${planted}`,
  ].join('\n');
}
