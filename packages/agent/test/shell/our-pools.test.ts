/** Which pools are ours, over restarts, and what becomes of them in libvirt. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Libvirt } from 'node-libvirt';
import { describe, expect, it } from 'vitest';
import { HostFiles } from '../../src/shell/host-files.ts';
import { OurPools } from '../../src/shell/our-pools.ts';
import { ensurePool, forgetPool, poolXml } from '../../src/shell/pool.ts';

const uuid = '33333333-3333-4333-8333-333333333333';
const former = '44444444-4444-4444-8444-444444444444';
const folder = () => mkdtempSync(join(tmpdir(), 'drover-ours-'));
const pool = { name: 'vms', spec: { type: 'shared', path: '/srv' } } as const;

/** A libvirt with one pool at most, and VMs with disks. */
function aLibvirt(known?: { readonly uuid: string }, disks: readonly string[] = []) {
  const calls: string[] = [];
  let there = known;
  const handle = () => {
    if (there === undefined) return undefined;
    const { uuid: own } = there;
    return {
      name: 'vms',
      uuid: own,
      xml: async () => poolXml('vms', own, pool.spec),
      isActive: async () => true,
      setAutostart: async () => {},
      destroy: async () => void calls.push('destroy'),
      undefine: async () => {
        calls.push('undefine');
        there = undefined;
      },
    };
  };
  const domains = disks.map((path) => ({
    name: 'web',
    xml: async () =>
      `<domain type="kvm"><name>web</name><uuid>${uuid}</uuid><memory>1</memory><vcpu>1</vcpu><os><type arch="x86_64" machine="q35">hvm</type></os><devices><disk type="file" device="disk"><source file="${path}"/><target dev="vda"/></disk></devices></domain>`,
  }));
  const libvirt = {
    pools: {
      find: async () => handle(),
      list: async () => [handle()].filter((one) => one !== undefined),
      define: async (xml: string) => {
        calls.push('define');
        there = { uuid: /<uuid>(.*)<\/uuid>/.exec(xml)?.[1] ?? '' };
        return handle();
      },
    },
    domains: { list: async () => domains },
  };
  return { libvirt: libvirt as unknown as Libvirt, calls };
}

describe('pools of ours', () => {
  it('are known after a restart, and forgotten when they go', async () => {
    const stateDir = folder();
    await new OurPools(stateDir).add(uuid);
    expect(await new OurPools(stateDir).has(uuid)).toBe(true);
    await new OurPools(stateDir).remove(uuid);
    expect(await new OurPools(stateDir).has(uuid)).toBe(false);
  });

  it('are none where the list cannot be read: nothing is undefined by mistake', async () => {
    const stateDir = folder();
    writeFileSync(join(stateDir, 'pools.json'), 'torn{');
    const { libvirt, calls } = aLibvirt({ uuid });
    await forgetPool(libvirt, new OurPools(stateDir), 'vms', uuid);
    expect(calls).toEqual([]);
  });

  it('are those that Drover defines, not those that were there', async () => {
    const ours = new OurPools(folder());
    await ensurePool(aLibvirt({ uuid: former }).libvirt, new HostFiles(), ours, pool, uuid);
    expect([await ours.has(uuid), await ours.has(former)]).toEqual([false, false]);
    const { libvirt, calls } = aLibvirt();
    await ensurePool(libvirt, new HostFiles(), ours, pool, uuid);
    expect(calls).toEqual(['define']);
    expect(await ours.has(uuid)).toBe(true);
  });

  it('are stopped and undefined when they are no longer declared', async () => {
    const ours = new OurPools(folder());
    await ours.add(uuid);
    const { libvirt, calls } = aLibvirt({ uuid });
    await forgetPool(libvirt, ours, 'vms', uuid);
    expect(calls).toEqual(['destroy', 'undefine']);
    expect(await ours.has(uuid)).toBe(false);
  });

  it('stay while a VM here has a disk in one', async () => {
    const ours = new OurPools(folder());
    await ours.add(uuid);
    const { libvirt, calls } = aLibvirt({ uuid }, ['/srv/web.qcow2']);
    await expect(forgetPool(libvirt, ours, 'vms', uuid)).rejects.toThrow(
      'web here have disks in it',
    );
    expect(calls).toEqual([]);
    const elsewhere = aLibvirt({ uuid }, ['/srv2/web.qcow2']);
    await forgetPool(elsewhere.libvirt, ours, 'vms', uuid);
    expect(elsewhere.calls).toEqual(['destroy', 'undefine']);
  });

  it('of a former declaration make way for one of the same name', async () => {
    const ours = new OurPools(folder());
    await ours.add(former);
    const { libvirt, calls } = aLibvirt({ uuid: former });
    await ensurePool(libvirt, new HostFiles(), ours, pool, uuid);
    expect(calls).toEqual(['destroy', 'undefine', 'define']);
  });
});

describe('the definition of an NFS pool', () => {
  it('mounts it hard, with its version and options', () => {
    const xml = poolXml('vms', uuid, {
      type: 'nfs',
      server: 'nas',
      export: '/vms',
      version: '4.2',
      path: '/srv/vms',
      options: ['nconnect=4', 'noatime'],
    });
    expect(xml).toContain('xmlns:fs="http://libvirt.org/schemas/storagepool/fs/1.0"');
    expect(xml).toContain('<protocol ver="4.2"/>');
    expect(xml).toContain(
      '<fs:mount_opts><fs:option name="hard"/><fs:option name="nconnect=4"/><fs:option name="noatime"/></fs:mount_opts>',
    );
  });
});
