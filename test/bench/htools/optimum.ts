/**
 * The optimum, as an integer programme that HiGHS solves: how little memory has to move so that these hosts
 * are empty and no other is overfull, were every VM free to move and order no matter. VMs of one size on one
 * host are counted, not told apart.
 */
import { allocatable, type Cluster } from '@drover/core';
import loadHighs from 'highs';

interface Solver {
  solve(
    problem: string,
    options: { readonly time_limit: number },
  ): { readonly Status: string; readonly ObjectiveValue: number };
}

// Its types say a module where there is a function.
const highs = await (loadHighs as unknown as () => Promise<Solver>)();

export interface Optimum {
  readonly feasible: boolean;
  /** Not proved where the time was up. */
  readonly proved: boolean;
  readonly movedMib: number;
}

export function leastMoved(cluster: Cluster, emptied: ReadonlySet<string>): Optimum {
  const hosts = [...cluster.hosts.values()];
  const sizes = new Map<string, { cpu: number; mib: number; index: number }>();
  const counts = new Map<string, number>();
  for (const vm of cluster.vms.values()) {
    const { cpuMilli: cpu, memoryMib: mib } = vm.request;
    const key = `${cpu}/${mib}`;
    const size = sizes.get(key) ?? { cpu, mib, index: sizes.size };
    sizes.set(key, size);
    const cell = `${hosts.findIndex(({ id }) => id === vm.hostId)} ${size.index}`;
    counts.set(cell, (counts.get(cell) ?? 0) + 1);
  }
  const at = (host: number, size: number) => counts.get(`${host} ${size}`) ?? 0;
  const stays = (host: number, size: number) => `n_${host}_${size}`;
  const leaves = (host: number, size: number) => `m_${host}_${size}`;
  const open = [...hosts.keys()].filter((host) => !emptied.has(hosts[host]?.id ?? ''));
  const all = [...sizes.values()];
  let forced = 0;
  for (const [host, { id }] of hosts.entries()) {
    if (emptied.has(id)) for (const { mib, index } of all) forced += mib * at(host, index);
  }
  const goal = open.flatMap((host) =>
    all
      .filter(({ index }) => at(host, index) > 0)
      .map(({ mib, index }) => `${mib} ${leaves(host, index)}`),
  );
  const rows: string[] = [];
  for (const { index } of all) {
    const total = [...hosts.keys()].reduce((sum, host) => sum + at(host, index), 0);
    rows.push(`${open.map((host) => stays(host, index)).join(' + ')} = ${total}`);
  }
  for (const host of open) {
    const one = hosts[host];
    if (one === undefined) continue;
    const room = allocatable(one);
    const row = (of: 'mib' | 'cpu', most: number) =>
      rows.push(
        `${all.map((size) => `${size[of]} ${stays(host, size.index)}`).join(' + ')} <= ${most}`,
      );
    row('mib', room.memoryMib);
    row('cpu', room.cpuMilli);
    for (const { index } of all) {
      const here = at(host, index);
      if (here > 0) rows.push(`${leaves(host, index)} + ${stays(host, index)} >= ${here}`);
    }
  }
  const names = open.flatMap((host) =>
    all.flatMap(({ index }) => [
      stays(host, index),
      ...(at(host, index) > 0 ? [leaves(host, index)] : []),
    ]),
  );
  const text = `Minimize\n obj: ${goal.join(' + ') || '0 n_0_0'}\nSubject To\n${rows
    .map((row, index) => ` c${index}: ${row}`)
    .join('\n')}\nGeneral\n ${names.join(' ')}\nEnd\n`;
  const solved = highs.solve(text, { time_limit: 30 });
  const feasible = solved.Status === 'Optimal' || Number.isFinite(solved.ObjectiveValue);
  return {
    feasible: solved.Status !== 'Infeasible' && feasible,
    proved: solved.Status === 'Optimal' || solved.Status === 'Infeasible',
    movedMib: forced + (Number.isFinite(solved.ObjectiveValue) ? solved.ObjectiveValue : 0),
  };
}
