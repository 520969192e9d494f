/** Reboot, pause, unpause and resize by the agent's own shell, on a real libvirt and QEMU: what the VM in it sees of them. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type Libvirt } from 'node-libvirt';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LibvirtLink } from '../../packages/agent/src/shell/libvirt-link.ts';
import { pauseVm, rebootVm, unpauseVm } from '../../packages/agent/src/shell/power.ts';
import { resizeVm } from '../../packages/agent/src/shell/resize-vm.ts';
import { VmLooker } from '../../packages/agent/src/shell/vm-looker.ts';
import { lookAt } from '../../packages/agent/src/shell/vm-state.ts';
import { dirtyVmXml, listenTo, makeBootFiles } from './support/dirty-vm.ts';
import { startLibvirtd } from './support/libvirt-daemon.ts';
import { until } from './support/until.ts';

const vmId = randomUUID();
const stack = new AsyncDisposableStack();
let libvirt: Libvirt;
let link: LibvirtLink;

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'drover-power-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await makeBootFiles(folder);
  const { socketPath } = stack.use(
    await startLibvirtd({ hypervisor: true, containerOptions: [`--volume=${folder}:/images`] }),
  );
  libvirt = stack.use(await connect({ uri: 'qemu:///system', socketPath }));
  link = stack.use(new LibvirtLink({ socketPath, onState: () => {}, warn: () => {} }));
  await link.whenConnected();
  await libvirt.domains.create(dirtyVmXml({ name: 'power', uuid: vmId }));
  await heard();
}, 180_000);
afterAll(() => stack.disposeAsync());

const heard = async () => listenTo(await libvirt.domains.byUuid(vmId));
const state = async () => (await lookAt(libvirt, vmId))?.state;
const reboot = (mode: 'graceful' | 'force', timeoutMs = 60_000) =>
  rebootVm(link, { type: 'reboot-vm', vmId, mode, timeoutMs });
const bootAfter = (former: string) =>
  until('it has booted anew', async () => {
    const { boot } = await heard();
    return boot === former ? undefined : boot;
  });

it('a pause lets it stand still in the same boot, and only what is paused runs on by an unpause', async () => {
  const before = await heard();
  expect(await unpauseVm(link, vmId)).toEqual({ outcome: 'done' });
  expect(await pauseVm(link, vmId)).toEqual({ outcome: 'done' });
  expect(await state()).toBe('paused');
  expect(await pauseVm(link, vmId)).toEqual({ outcome: 'done' });
  expect(await reboot('graceful')).toMatchObject({ error: { code: 'vm-not-running' } });
  expect(await unpauseVm(link, vmId)).toEqual({ outcome: 'done' });
  expect(await state()).toBe('running');
  expect((await heard()).boot).toBe(before.boot);
});

it('a reset boots it anew at once', async () => {
  const { boot } = await heard();
  expect(await reboot('force')).toEqual({ outcome: 'done' });
  expect(await bootAfter(boot)).not.toBe(boot);
  expect(await state()).toBe('running');
});

it('a graceful reboot is over when it has restarted, and it runs on in the same domain', async () => {
  const { boot } = await heard();
  expect(await reboot('graceful')).toEqual({ outcome: 'done' });
  expect(await bootAfter(boot)).not.toBe(boot);
  expect(await state()).toBe('running');
});

it('a VM that does not listen yet hears of a graceful reboot once it has booted', async () => {
  const uuid = randomUUID();
  await libvirt.domains.create(dirtyVmXml({ name: 'early', uuid }));
  const action = { type: 'reboot-vm', vmId: uuid, mode: 'graceful', timeoutMs: 60_000 } as const;
  expect(await rebootVm(link, action)).toEqual({ outcome: 'done' });
  const dom = await libvirt.domains.byUuid(uuid);
  await listenTo(dom);
  await dom.destroy();
});

it('one that does not come in time fails, and nothing is forced', async () => {
  await pauseVm(link, vmId);
  await unpauseVm(link, vmId);
  const { boot } = await heard();
  expect(await reboot('graceful', 1)).toMatchObject({
    outcome: 'failed',
    error: { code: 'stop-timeout' },
  });
  // It is pressed all the same, and libvirt starts it again when it has shut down.
  expect(await bootAfter(boot)).not.toBe(boot);
  expect(await state()).toBe('running');
});

it('is refused of a VM that is not here', async () => {
  const absent = randomUUID();
  for (const outcome of [
    await rebootVm(link, { type: 'reboot-vm', vmId: absent, mode: 'force', timeoutMs: 1 }),
    await pauseVm(link, absent),
    await unpauseVm(link, absent),
  ]) {
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'vm-not-running' } });
  }
});

it('a resize adds vCPUs to a VM that runs, up to what it was started with, and it stays in the same boot', async () => {
  const uuid = randomUUID();
  const most = { vcpus: 2, memoryMib: 256 };
  await libvirt.domains.create(dirtyVmXml({ name: 'resize', uuid, most }));
  const dom = await libvirt.domains.byUuid(uuid);
  const { boot } = await listenTo(dom);
  const resize = (more: object) =>
    resizeVm(link, { type: 'resize-vm', vmId: uuid, timeoutMs: 2_000, ...more });
  const reported = async () =>
    (await new VmLooker().look(libvirt)).find(({ vmId: one }) => one === uuid);
  expect(await reported()).toMatchObject({ vcpus: 1, maxVcpus: 2, memoryMib: 256 });

  expect(await resize({ vcpus: 2 })).toEqual({ outcome: 'done' });
  expect(await resize({ vcpus: 2 })).toEqual({ outcome: 'done' });
  expect(await reported()).toMatchObject({ vcpus: 2 });
  expect(await resize({ vcpus: 1 })).toMatchObject({ error: { code: 'resize-needs-restart' } });
  expect(await resize({ vcpus: 3 })).toMatchObject({ error: { code: 'resize-needs-restart' } });

  // The system in it has loaded no balloon driver: it has all its memory from the start, and gives none back.
  expect(await resize({ memoryMib: 192 })).toMatchObject({ error: { code: 'resize-timeout' } });
  expect(await reported()).not.toHaveProperty('balloonMib');
  expect((await listenTo(dom)).boot).toBe(boot);
  await dom.destroy();
});

it('a resize takes memory of a VM that runs and gives it back, as far as its system follows', async () => {
  const uuid = randomUUID();
  const most = { vcpus: 1, memoryMib: 320 };
  await libvirt.domains.create(dirtyVmXml({ name: 'balloon', uuid, most, balloon: true }));
  const dom = await libvirt.domains.byUuid(uuid);
  const { boot } = await listenTo(dom);
  const resize = (memoryMib: number, timeoutMs = 60_000) =>
    resizeVm(link, { type: 'resize-vm', vmId: uuid, timeoutMs, memoryMib });
  const reported = async () =>
    (await new VmLooker().look(libvirt)).find(({ vmId: one }) => one === uuid);
  // Its driver gives back what is beyond its present size, as soon as it is there.
  await until('it has what it was started with', async () =>
    (await reported())?.balloonMib === 192 ? true : undefined,
  );
  expect(await resize(256)).toEqual({ outcome: 'done' });
  expect(await reported()).toMatchObject({ memoryMib: 320, balloonMib: 256 });
  expect(await resize(320)).toEqual({ outcome: 'done' });
  expect(await reported()).not.toHaveProperty('balloonMib');
  expect(await resize(160)).toEqual({ outcome: 'done' });
  expect(await reported()).toMatchObject({ balloonMib: 160 });
  expect(await resize(384)).toMatchObject({ error: { code: 'resize-needs-restart' } });
  expect((await listenTo(dom)).boot).toBe(boot);
  await dom.destroy();
});
