/** A pool is declared once, and the kernels of both hosts mount it, through libvirt, as it has to be. */
import type { api } from '@drover/protocol';
import { until } from '../../end-to-end/support/until.ts';
import type { Claims } from '../claims.ts';
import { exportPath, nfsLeaseSeconds, poolPath } from '../configure.ts';
import { patienceMs } from '../machine.ts';
import type { Site } from '../site.ts';

export async function checkPool(site: Site, claims: Claims): Promise<void> {
  const spec = {
    type: 'nfs',
    server: 'nfs',
    export: exportPath,
    version: '4.2',
    path: poolPath,
  };
  await site.api.expect<api.PoolBody>(201, 'POST', '/v1/pools', { name: 'vms', spec });
  for (const host of ['h1', 'h2']) {
    const ask = async () => {
      const pool = (await site.api.host(host)).pools.find(({ name }) => name === 'vms');
      return pool?.state === 'active' ? pool : undefined;
    };
    const pool = await until(`the pool is active on ${host}`, ask, { deadlineMs: patienceMs });
    claims.check(
      `${host} reports the pool active, with the server's room`,
      pool.capacityMib > 0,
      `${pool.freeMib} of ${pool.capacityMib} MiB are free`,
    );
    const machine = site.machine(host);
    const mount = await machine.ask(`grep ' ${poolPath} ' /proc/mounts`);
    const [source = '', , type = '', options = ''] = mount.split(' ');
    const has = options.split(',');
    const wanted = ['vers=4.2', 'hard', 'local_lock=none', 'nodev', 'nosuid', 'noexec'];
    claims.check(
      `the kernel of ${host} mounted nfs:${exportPath}, version 4.2, hard, with the server's locks`,
      source === `nfs:${exportPath}` && type === 'nfs4' && wanted.every((one) => has.includes(one)),
      mount,
    );
    const xml = await machine.ask('virsh pool-dumpxml vms');
    claims.check(
      `it is a netfs pool of ${host}’s libvirt, which does not start it by itself`,
      xml.includes("type='netfs'") &&
        /Autostart: +no/.test(await machine.ask('virsh pool-info vms')),
    );
    const recovers = await machine.ask('cat /sys/module/nfs/parameters/recover_lost_locks');
    claims.check(
      `${host} does not take back locks that it has lost`,
      recovers === 'N',
      `recover_lost_locks=${recovers}`,
    );
    // Root of a host is QEMU's user there: it makes what QEMU can open, and nothing of root's.
    const owner = await machine.ask(
      `touch ${poolPath}/by-root && stat -c %u ${poolPath}/by-root && rm ${poolPath}/by-root`,
    );
    claims.check(`root of ${host} is not root on the server`, owner === '64055', `uid ${owner}`);
  }
  const lease = await site.nfs.ask('cat /proc/fs/nfsd/nfsv4leasetime');
  claims.check(
    'the server gives leases of its usual length',
    lease === String(nfsLeaseSeconds),
    `${lease} s`,
  );
}
