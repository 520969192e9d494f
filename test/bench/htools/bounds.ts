/** Bounds that no plan can beat. */
import { type Cluster, promisedOn } from '@drover/core';

/**
 * The least memory, in MiB, that has to leave its host so that the standard deviation of the hosts' use of
 * memory is no more than in `after`: the fullest are cut down to one level and the emptiest filled up to
 * another, as far as that needs. Hosts of one size.
 */
export function leastForDeviation(before: Cluster, after: Cluster): number {
  const loads = usedMib(before);
  const wanted = deviation(usedMib(after));
  let enough = loads.reduce((sum, one) => sum + Math.abs(one - mean(loads)), 0) / 2;
  let short = 0;
  for (let round = 0; round < 60; round += 1) {
    const tried = (enough + short) / 2;
    if (deviation(clamped(loads, tried)) <= wanted) enough = tried;
    else short = tried;
  }
  return enough;
}

function usedMib(cluster: Cluster): readonly number[] {
  return [...cluster.hosts.values()].map(
    (host) => host.reserved.memoryMib + promisedOn(cluster, host.id).memoryMib,
  );
}

/** The most even that these become when so much is moved. */
function clamped(loads: readonly number[], budget: number): readonly number[] {
  const above = (level: number) => loads.reduce((sum, one) => sum + Math.max(0, one - level), 0);
  const below = (level: number) => loads.reduce((sum, one) => sum + Math.max(0, level - one), 0);
  const top = level(mean(loads), Math.max(...loads), (at) => above(at) <= budget);
  const bottom = level(mean(loads), Math.min(...loads), (at) => below(at) <= budget);
  return loads.map((one) => Math.min(top, Math.max(bottom, one)));
}

/** The level nearest to `from` that the budget is enough for. */
function level(from: number, to: number, enough: (level: number) => boolean): number {
  let near = from;
  let far = to;
  for (let round = 0; round < 60; round += 1) {
    const tried = (near + far) / 2;
    if (enough(tried)) far = tried;
    else near = tried;
  }
  return far;
}

function mean(list: readonly number[]): number {
  return list.reduce((sum, one) => sum + one, 0) / list.length;
}

function deviation(list: readonly number[]): number {
  const middle = mean(list);
  return Math.sqrt(list.reduce((sum, one) => sum + (one - middle) ** 2, 0) / list.length);
}
