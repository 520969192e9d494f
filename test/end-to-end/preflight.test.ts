/**
 * What stands in the way of a live move is found before anything moves, on real hosts: the plan of a drain shows it with
 * its remedy, the others move. And what cannot move live moves cold, by a person's word.
 */
import type { api } from '@drover/protocol';
import { addressOf, askCounter, runningOn } from '@drover/deploy/lab';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Cluster, type RunningVm } from './support/cluster.ts';
import { until } from './support/until.ts';

let cluster: Cluster;
const iso = '/var/tmp/drover-preflight.iso';
const overlay = '/var/lib/drover/pools/vms/preflight-overlay.qcow2';

beforeAll(async () => {
  cluster = await Cluster.observed();
});
beforeEach(() => cluster.clear());
afterEach(() => cluster.expectNoHarm());
afterAll(async () => {
  await cluster.leave();
  await on('h1', `rm -f ${overlay}`);
  for (const host of ['h1', 'h2', 'h3']) await on(host, `rm -f ${iso}`);
});

async function on(host: string, command: string): Promise<void> {
  const { exitCode, stdout, stderr } = await cluster.lab.exec(host, ['sh', '-ec', command]);
  if (exitCode !== 0) throw new Error(`${command} on ${host}: ${stdout} ${stderr}`);
}

/** libvirt’s own record of a snapshot, as a backup program leaves it. */
function snapshot(host: string, vm: RunningVm): Promise<void> {
  cluster.writesElsewhere(vm);
  return on(
    host,
    `virsh snapshot-create-as ${vm.name} kept --disk-only --diskspec vda,file=${overlay}`,
  );
}

/** A medium in its drive: libvirt has no way to add a drive to a VM that runs, so it is started anew with one. */
async function withMedium(host: string, vm: RunningVm): Promise<void> {
  const drive = `<disk type="file" device="cdrom"><driver name="qemu" type="raw"/><source file="${iso}"/><target dev="sda" bus="sata"/><readonly/></disk>`;
  cluster.observer.mayStartAnew(vm.id);
  await on(
    host,
    `virsh dumpxml ${vm.name} | sed 's#</devices>#${drive}</devices>#' > /tmp/with-medium.xml
     virsh destroy ${vm.name} && virsh create /tmp/with-medium.xml`,
  );
  await until('it counts again', () => askCounter(vm.address));
}

describe('a drain with VMs that cannot all move', () => {
  it('shows what is in the way with its remedy, moves the others, and harms none', async () => {
    for (const host of ['h1', 'h3']) await on(host, `truncate -s 1M ${iso}`);
    const plain = await cluster.runVm('plain');
    const held = await cluster.runVm('held');
    const medium = await cluster.runVm('medium');
    for (const vm of [plain, held, medium]) await cluster.moveTo(vm, 'h1');
    await snapshot('h1', held);
    await withMedium('h1', medium);
    await cluster.api.expect(200, 'POST', '/v1/hosts/h3/cordon');

    const path = '/v1/hosts/h1/drain';
    const planned = await until('the plan sees the cordon', async () => {
      const plan = await cluster.api.expect<api.DrainPlanBody>(
        200,
        'POST',
        `${path}?dryRun=true`,
        {},
      );
      return plan.moves.every(({ target }) => target !== 'h3') ? plan : undefined;
    });
    expect(planned.moves.map(({ vmName, checked }) => [vmName, checked])).toEqual([
      ['plain', true],
    ]);
    const blocked = new Map(planned.blockers.map((blocker) => [blocker.vmName, blocker]));
    expect(blocked.get('held')).toMatchObject({
      reason: 'preflight-failed',
      reasons: [{ code: 'snapshot', remedy: expect.stringContaining('snapshot-delete') }],
    });
    const onH2 = blocked.get('medium')?.rejections.find(({ hostId }) => hostId === 'h2');
    expect(onH2).toMatchObject({
      reason: 'preflight-failed',
      reasons: [{ code: 'path-missing', subject: iso, remedy: expect.stringContaining('eject') }],
    });

    await cluster.api.expect(200, 'DELETE', '/v1/hosts/h3/cordon');
    const started = await cluster.api.expect<api.OperationBody>(202, 'POST', path, {});
    const operation = await cluster.ended(started.id, 'blocked');
    const items = new Map(operation.items?.map((item) => [item.vmName, item]));
    expect(items.get('plain')?.state).toBe('moved');
    expect(items.get('medium')).toMatchObject({ state: 'moved', target: 'h3' });
    expect(items.get('held')).toMatchObject({
      state: 'blocked',
      reasons: [{ code: 'snapshot' }],
    });
    expect(await runningOn(cluster.lab, 'h1')).toEqual(['held']);
    // It writes to a file that no record names: started anew it would be without it.
    const asked = await cluster.api.expect<api.OperationBody>(
      202,
      'POST',
      `/v1/vms/${held.id}/migrate`,
      { cold: true, target: 'h2' },
    );
    expect((await cluster.ended(asked.id, 'failed')).error).toMatchObject({
      code: 'preflight-failed',
      reasons: [{ code: 'disk-elsewhere', available: overlay }],
    });
    expect((await askCounter(held.address)).boot).toBe(held.boot);
    expect((await askCounter(plain.address)).boot).toBe(plain.boot);
  });
});

/** A whole snapshot inside its own image, memory and all: it writes to the same file as before. */
function wholeSnapshot(host: string, name: string): Promise<void> {
  return on(host, `virsh snapshot-create-as ${name} kept`);
}

describe('one VM that cannot move live', () => {
  it('is refused with every reason and left alone; cold it moves, shut down and started elsewhere', async () => {
    const vm = await cluster.runVm('held');
    await cluster.moveTo(vm, 'h1');
    await wholeSnapshot('h1', vm.name);
    const path = `/v1/vms/${vm.id}/migrate`;
    const plan = await cluster.api.expect<api.MovePlanBody>(200, 'POST', `${path}?dryRun=true`, {});
    expect(plan).toMatchObject({ checked: true, reasons: [{ code: 'snapshot' }] });
    expect(plan.target).toBeUndefined();
    const asked = await cluster.api.expect<api.OperationBody>(202, 'POST', path, {});
    const refused = await cluster.ended(asked.id, 'failed');
    expect(refused.error).toMatchObject({
      code: 'preflight-failed',
      reasons: [{ code: 'snapshot' }],
    });
    expect((await askCounter(vm.address)).boot).toBe(vm.boot);
    const { generation } = await cluster.api.vm(vm.id);

    const cold = { cold: true, target: 'h2' };
    cluster.observer.mayStartAnew(vm.id);
    const moving = await cluster.api.expect<api.OperationBody>(202, 'POST', path, cold);
    const moved = await cluster.ended(moving.id, 'succeeded');
    expect(moved).toMatchObject({ mode: 'cold', source: 'h1', target: 'h2' });
    expect(await runningOn(cluster.lab, 'h1')).toEqual([]);
    expect(await runningOn(cluster.lab, 'h2')).toEqual(['held']);
    const now = await cluster.api.vm(vm.id);
    expect(now.generation).toBe(generation + 1);
    const address = addressOf(now.macs[0] ?? '');
    const { boot } = await until('it counts there', () => askCounter(address));
    expect(boot).not.toBe(vm.boot);
  });
});

describe('a drain that may shut down what cannot move live', () => {
  it('moves the one live and the other cold, and the host is empty', async () => {
    const plain = await cluster.runVm('plain');
    const held = await cluster.runVm('held');
    for (const vm of [plain, held]) await cluster.moveTo(vm, 'h1');
    await wholeSnapshot('h1', held.name);
    cluster.observer.mayStartAnew(held.id);
    const wish = { onUnmovable: 'shutdown', deadlineSeconds: 600, message: 'new kernel' };
    const path = '/v1/hosts/h1/drain';
    const started = await cluster.api.expect<api.OperationBody>(202, 'POST', path, wish);
    const { items = [], message } = await cluster.ended(started.id, 'succeeded');
    expect(message).toBe('new kernel');
    expect(items.map(({ vmName, state, cold = false }) => [vmName, state, cold])).toEqual(
      expect.arrayContaining([
        ['plain', 'moved', false],
        ['held', 'moved', true],
      ]),
    );
    expect(await runningOn(cluster.lab, 'h1')).toEqual([]);
    expect((await askCounter(plain.address)).boot).toBe(plain.boot);
    const { boot } = await cluster.counts(await cluster.api.vm(held.id));
    expect(boot).not.toBe(held.boot);
    const { conditions } = await cluster.api.expect<api.HostBody>(200, 'GET', '/v1/hosts/h1');
    expect(conditions.find(({ type }) => type === 'schedulable')).toMatchObject({
      reason: 'drained',
      message: 'it was emptied: new kernel',
    });
  });
});

describe('the CPU of the cluster', () => {
  it('is computed when asked, and a VM that starts afterwards runs with it and moves with it', async () => {
    const asked = await cluster.api.expect<api.OperationBody>(202, 'POST', '/v1/cluster/cpu');
    await cluster.ended(asked.id, 'succeeded');
    const after = await cluster.api.expect<api.ClusterCpuBody>(200, 'GET', '/v1/cluster/cpu');
    expect(after.cpus[0]?.hosts).toEqual(['h1', 'h2', 'h3']);
    const vm = await cluster.runVm('baseline');
    const { stdout } = await cluster.lab.virsh(vm.hostId, ['dumpxml', vm.name]);
    expect(stdout).toMatch(/<cpu mode='custom' match='exact' check='full'>/);
    expect(stdout).toContain(`>${after.cpus[0]?.model}</model>`);
    const target = vm.hostId === 'h1' ? 'h2' : 'h1';
    await cluster.moveTo(vm, target);
    expect((await askCounter(vm.address)).boot).toBe(vm.boot);
  });
});
