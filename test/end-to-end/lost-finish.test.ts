/**
 * The last answer of a migration is lost: the target's libvirt has taken the VM over and said so, and the source's has
 * not heard it, so it lets its own copy go on. On a disk with a lock that copy cannot; where no lock is, the target's
 * stands still until the source is known to be gone. Two never run (libvirt 5.1 in the research: lost Finish).
 */
import { askCounter, runningOn } from '@drover/deploy/lab';
import { afterAll, afterEach, beforeEach, beforeAll, describe, expect, it } from 'vitest';
import { canaryOfWire } from './support/canary.ts';
import { Cluster, type RunningVm } from './support/cluster.ts';
import { type HeldMove, holdMove } from './support/held-move.ts';
import { until } from './support/until.ts';

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.observed();
});
beforeEach(() => cluster.clear());
afterEach(async () => {
  await cluster.ready();
  await cluster.expectNoHarm();
});
afterAll(() => cluster.leave());

/** More than an agent's own questions take up there; the order to take over carries the VM's whole definition. */
const finishBytes = 1_000;

/** The order to take over has come to the target's libvirtd, which stands still; then no answer gets back. */
async function loseFinish(move: HeldMove): Promise<void> {
  const { lab } = cluster;
  await until('the order to take over waits at the target', async () => {
    const { stdout } = await lab.exec(move.target, ['ss', '--unix', '--no-header', '--numeric']);
    const waiting = stdout.split('\n').flatMap((line) => {
      const [, , received, , path] = line.split(/\s+/);
      return path === '/run/libvirt/libvirt-sock' ? [Number(received)] : [];
    });
    return waiting.some((bytes) => bytes >= finishBytes) ? true : undefined;
  });
  await lab.cutLink(move.source, move.target);
  await move.goOn();
}

async function lostFinishOf(vm: RunningVm) {
  const move = await holdMove(cluster, vm, 'finish');
  try {
    await loseFinish(move);
    const operation = await cluster.ended(move.id, undefined, 120_000);
    return { move, operation };
  } finally {
    await move.goOn();
    await cluster.lab.passPackets(move.source);
  }
}

async function expectRunsOnlyOn(vm: RunningVm, host: string): Promise<void> {
  expect(await cluster.api.vm(vm.id)).toMatchObject({ state: 'running', hostId: host });
  for (const other of cluster.lab.hosts) {
    const running = await runningOn(cluster.lab, other);
    expect(running.includes(vm.name)).toBe(other === host);
  }
  const { boot } = await until(`${vm.name} answers`, () => askCounter(vm.address));
  expect(boot).toBe(vm.boot);
}

describe('the answer that the VM was taken over is lost', () => {
  it('on a disk with a lock: it runs on the target, and the source’s copy never ran again', async () => {
    const vm = await cluster.runVm('locked');
    const { move, operation } = await lostFinishOf(vm);
    expect(operation).toMatchObject({ mode: 'live', state: 'succeeded' });
    await expectRunsOnlyOn(vm, move.target);
  });

  it('on a disk without one: the target’s copy never ran, and the VM runs on at its source', async () => {
    const spec = cluster.tinySpec({
      disks: [{ pool: 'wire', volume: 'wire.raw', format: 'raw' }],
    });
    const vm = await cluster.runVm('wired', spec);
    const { move, operation } = await lostFinishOf(vm);
    expect(operation).toMatchObject({ mode: 'paused', state: 'failed' });
    await expectRunsOnlyOn(vm, move.source);
    const { boots, harm } = await canaryOfWire(cluster.lab);
    expect({ writer: boots.at(-1), harm }).toEqual({ writer: vm.boot, harm: [] });
  });
});
