/**
 * A move is cancelled, loses its link, or loses the target's libvirtd, in each of libvirt's phases. The VM runs on one
 * host, the one that Drover names, in the boot that it was in, and a connection to it stays.
 */
import { askCounter, hold, runningOn } from '@drover/deploy/lab';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cluster, type RunningVm } from './support/cluster.ts';
import { type HeldMove, holdMove, type MovePhase } from './support/held-move.ts';
import { until } from './support/until.ts';

let cluster: Cluster;
let vm: RunningVm;

beforeAll(async () => {
  cluster = await Cluster.observed();
  await cluster.clear();
  vm = await cluster.runVm('subject');
});
afterEach(async () => {
  await cluster.ready();
  await cluster.expectNoHarm();
});
afterAll(() => cluster.leave());

type End = 'succeeded' | 'failed' | 'cancelled';

/** What befalls a move that is held in a phase; its end, and that the VM is where that says. */
async function endOf(phase: MovePhase, befalls: (move: HeldMove) => Promise<void>): Promise<End> {
  const connection = await hold(vm.address);
  const move = await holdMove(cluster, vm, phase);
  try {
    await befalls(move);
  } finally {
    await move.goOn();
  }
  const { state } = await cluster.ended(move.id, undefined, 180_000);
  const owner = state === 'succeeded' ? move.target : move.source;
  expect(await cluster.api.vm(vm.id)).toMatchObject({ state: 'running', hostId: owner });
  expect(await hostsThatRunIt()).toEqual([owner]);
  expect((await askCounter(vm.address)).boot).toBe(vm.boot);
  expect(await connection.end()).toMatchObject({ broken: false });
  return state as End;
}

/** As their own libvirts say. */
async function hostsThatRunIt(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const host of cluster.lab.hosts) {
    const running = await until(`libvirt on ${host} answers`, () => runningOn(cluster.lab, host));
    if (running.includes(vm.name)) found.push(host);
  }
  return found;
}

/** The move has ended while what it waited for still stands still. */
async function endsMeanwhile({ id }: HeldMove): Promise<void> {
  await cluster.ended(id, undefined, 90_000);
}

describe('a move that is cancelled', () => {
  const cancel = async (move: HeldMove) => {
    await cluster.api.expect(202, 'DELETE', `/v1/migrations/${move.id}`);
  };

  it('while the target prepares: ends at once, though the target hangs', async () => {
    const end = await endOf('prepare', async (move) => {
      await cancel(move);
      await endsMeanwhile(move);
    });
    expect(end).toBe('cancelled');
  });

  it('while memory is copied: ends', async () => {
    expect(await endOf('perform', cancel)).toBe('cancelled');
  });

  it('while the target takes over: is over, and the VM is where it says', async () => {
    expect(['succeeded', 'cancelled']).toContain(await endOf('finish', cancel));
  });
});

describe('a move whose link is cut', () => {
  const cut = async (move: HeldMove) => {
    await cluster.lab.cutLink(move.source, move.target);
    try {
      await endsMeanwhile(move);
    } finally {
      await cluster.lab.passPackets(move.source);
    }
  };

  it('while the target prepares: the VM runs on at its source', async () => {
    expect(await endOf('prepare', cut)).toBe('failed');
  });

  it('while memory is copied: the VM runs on at its source', async () => {
    expect(await endOf('perform', cut)).toBe('failed');
  });
});

describe('a move whose target loses its libvirtd', () => {
  const kill = async (move: HeldMove) => {
    expect(await cluster.lab.kill(move.target, 'libvirtd', 'KILL')).toBe(true);
  };

  it.each(['prepare', 'perform', 'finish'] as const)(
    'in the phase %s: the VM runs on at its source',
    async (phase) => {
      expect(await endOf(phase, kill)).toBe('failed');
    },
  );
});
