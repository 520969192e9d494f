/**
 * One image, imported once, and twelve VMs that are thin clones of it on three hosts: sooner than one copy of its disk would be
 * made. Two of them write to their disks while they move live, and read afterwards what they wrote.
 */
import type { api } from '@drover/protocol';
import { askCounter, runningOn } from '@drover/deploy/lab';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from './support/cluster.ts';
import { keptSums, KeptWriting, wantedSums } from './support/kept.ts';
import { until } from './support/until.ts';

const pool = '/var/lib/drover/pools/vms';
const diskGib = 8;
/** So much is copied at a time, and goes before the next: the test needs no more room. */
const pieceGib = 2;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.observed();
  await cluster.clear();
});
afterAll(() => cluster.leave());

const post = (path: string, body: object) =>
  cluster.api.expect<api.OperationBody>(202, 'POST', path, body);

/** Milliseconds for all of a disk, of which nothing is a hole, to be on the pool's disk. */
async function copyMs(): Promise<number> {
  const script = `cd ${pool}; truncate -s ${pieceGib}G whole.raw; took=0
    for piece in $(seq ${diskGib / pieceGib}); do
      begin=$(date +%s%N); cp --sparse=never whole.raw copy.raw; sync copy.raw
      took=$((took + $(date +%s%N) - begin)); rm copy.raw
    done
    rm whole.raw; echo $((took / 1000000))`;
  return Number(await cluster.shell('h1', script, { timeoutMs: 300_000 }));
}

/** When the newest of the VMs' disks was made, by the pool's clock, which is this machine's. */
async function lastMadeMs(vms: readonly { readonly id: string }[]): Promise<number> {
  const files = vms.map(({ id }) => `${id}-0.qcow2`).join(' ');
  return until('all disks say when they were made', async () => {
    const text = await cluster.shell('h1', `cd ${pool}; stat -c %.3W ${files}`);
    const times = text.split('\n').filter((line) => Number(line) > 0);
    if (times.length < vms.length) return undefined;
    return Math.max(...times.map((line) => Number(line) * 1000));
  });
}

describe('twelve clones of one image', () => {
  let running: readonly api.VmBody[] = [];

  it('are made on three hosts sooner than its disk is copied once, and run', async () => {
    const large = `cp tiny.qcow2 large.qcow2; qemu-img resize -q -f qcow2 large.qcow2 ${diskGib}G`;
    await cluster.shell('h1', `cd ${pool}; ${large}`);
    const body = {
      name: 'large',
      pool: 'vms',
      format: 'qcow2',
      source: { type: 'file', file: 'large.qcow2' },
    };
    const { operation } = await cluster.api.expect<api.ImageImported>(
      202,
      'POST',
      '/v1/images',
      body,
    );
    await cluster.ended(operation.id, 'succeeded');
    await cluster.shell('h1', `rm ${pool}/large.qcow2`);
    const wholeMs = await copyMs();

    const disks = [{ pool: 'vms', image: 'large' }];
    const names = Array.from({ length: 12 }, (_, number) => `clone-${number}`);
    const begunMs = Date.now();
    const all = await Promise.all(
      names.map((name) => cluster.createVm(name, cluster.tinySpec({ disks }))),
    );
    for (const one of all) await cluster.ended(one.operation.id, 'succeeded');
    const runMs = Date.now() - begunMs;
    const madeMs = (await lastMadeMs(all.map(({ vm }) => vm))) - begunMs;
    process.stderr.write(
      `${diskGib} GiB copied once in ${wholeMs} ms; twelve clones made in ${madeMs} ms, running after ${runMs} ms\n`,
    );
    // How long twelve QEMUs take to start is the processors' affair, and printed.
    expect(madeMs).toBeLessThan(runMs);
    expect(madeMs).toBeLessThan(wholeMs);
    const vms = await Promise.all(all.map(({ vm }) => cluster.api.vm(vm.id)));
    expect(new Set(vms.map(({ hostId }) => hostId)).size).toBe(3);
    const listed = await Promise.all(cluster.lab.hosts.map((host) => runningOn(cluster.lab, host)));
    expect(listed.flat().toSorted()).toEqual(names.toSorted());
    running = vms;
  });

  it('keep the image: it is not deleted under them', async () => {
    expect(await cluster.api.send('DELETE', '/v1/images/large')).toMatchObject({
      status: 409,
      body: { code: 'image-in-use' },
    });
    const image = await cluster.api.expect<api.ImageBody>(200, 'GET', '/v1/images/large');
    expect(image.userCount).toBe(12);
  });

  it('write while they move, and have what they wrote', async () => {
    expect(running).toHaveLength(12);
    // Twelve that boot at once take long where processors are few.
    for (const { id } of running.slice(2)) {
      cluster.observer.mayEnd(id);
      await post(`/v1/vms/${id}/stop`, { mode: 'force' });
    }
    const movers = await Promise.all(
      running.slice(0, 2).map(async (vm) => {
        const { address, boot } = await cluster.counts(vm, 200_000);
        return { id: vm.id, name: vm.name, hostId: vm.hostId ?? '', address, boot };
      }),
    );
    const moved = await Promise.all(
      movers.map(async (vm) => {
        using writing = new KeptWriting(vm.address, vm.name);
        await writing.goesOn();
        const target = cluster.lab.hosts.find((host) => host !== vm.hostId) ?? '';
        await cluster.moveTo(vm, target);
        await writing.goesOn();
        return { vm, target, written: writing.written };
      }),
    );
    for (const { vm, target, written } of moved) {
      expect((await cluster.api.vm(vm.id)).hostId).toBe(target);
      expect((await askCounter(vm.address)).boot).toBe(vm.boot);
      expect(await keptSums(vm.address, written)).toEqual(wantedSums(vm.name, written));
    }
    await cluster.expectNoHarm();
    await cluster.clear();
    const gone = await cluster.api.expect<api.OperationBody>(202, 'DELETE', '/v1/images/large');
    await cluster.ended(gone.id, 'succeeded');
  });
});
