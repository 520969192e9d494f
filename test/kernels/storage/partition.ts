/**
 * The host of a VM is cut off, and somebody says that it is off, which is not true. The VM starts elsewhere when the
 * server gives its locks away; what keeps the old one from writing when the network is back is shown here.
 */
import { until } from '../../end-to-end/support/until.ts';
import type { Claims } from '../claims.ts';
import { nfsLeaseSeconds } from '../configure.ts';
import { patienceMs } from '../machine.ts';
import type { Site } from '../site.ts';
import { LockWatch } from './lock-watch.ts';
import { recover, seconds } from './recovery.ts';
import { type Ledger, vmName } from './vm.ts';

const events = '/var/tmp/libvirt-events';

export async function checkPartition(site: Site, claims: Claims, ledger: Ledger): Promise<void> {
  const host = site.machine('h2');
  const moved = await ledger.moveTo('h2');
  claims.check('the VM moves back to the host', moved.state === 'succeeded', moved.error?.message);
  await host.ask(`
    systemd-run --quiet --unit libvirt-events --property StandardOutput=file:${events} \\
      virsh event --all --loop --timestamp
  `);
  const watch = await LockWatch.start(host, site.machine('h1'));
  const before = await ledger.writes(2);
  await site.cut('h2', ['nfs']);
  const cutAt = performance.now();
  await stalls(ledger);
  const word = await site.drover(['host', 'recover', 'h2', '--yes']);
  claims.check(
    'cut off from its storage alone it is heard, and no word has its VMs started elsewhere',
    word.exitCode !== 0 && word.said.includes('host-not-down'),
    word.said.split('\n').at(-1),
  );
  claims.check(
    'its VM waits for the storage: nobody stopped or paused it',
    (await ledger.stateOn('h2')).startsWith('running'),
    await ledger.stateOn('h2'),
  );
  await site.cut('h2', ['nats', 'h1']);
  await site.hostIs('h2', 'down');
  const recovery = await recover(site, ledger, { lost: 'h2', to: 'h1' });
  const { ranAt } = recovery;
  const lockAt = await watch.taken();
  const old = await ledger.stateOn('h2');
  claims.check(
    'cut off from all, and called off by somebody who is wrong, its VM starts on h1',
    recovery.exitCode === 0 && ranAt !== undefined,
    [
      recovery.said,
      `seconds from the cut: lock free ${seconds(cutAt, lockAt)}, VM runs on h1 ${seconds(cutAt, ranAt)}; the lease is ${nfsLeaseSeconds} s`,
      `${recovery.refusals} starts were refused before; on h2 the old copy is ${old}`,
    ].join('\n'),
  );
  const second = await ledger.writes(3);
  await site.heal('h2');
  await checkOldCopy(site, claims, ledger, performance.now());
  const after = await ledger.writes(3, second.lastAt);
  claims.check(
    'the disk had one writer: nothing of the old copy came after the new one had begun',
    after.harm.length === 0 && after.boots.slice(0, 2).join() === before.boots.join(),
    after.harm.join('; ') || `${after.records} records of three boots`,
  );
}

/** The canary writes no more. */
async function stalls(ledger: Ledger): Promise<void> {
  let last = -1;
  const ask = async () => {
    const { lastAt } = await ledger.log();
    const isStill = lastAt === last;
    last = lastAt;
    return isStill ? true : undefined;
  };
  await until(`${vmName} writes no more`, ask, { deadlineMs: patienceMs, everyMs: 3_000 });
}

/** What happens to the copy on the host that is back. */
async function checkOldCopy(
  site: Site,
  claims: Claims,
  ledger: Ledger,
  healedAt: number,
): Promise<void> {
  const host = site.machine('h2');
  const ask = async () => {
    const seen = await host.ask(`cat ${events}`);
    return /io-error|I\/O Error/i.test(seen) ? seen : undefined;
  };
  const seen = await until('the old copy sees an I/O error', ask, {
    deadlineMs: patienceMs,
    everyMs: 1_000,
  }).catch(() => undefined);
  const pausedAt = performance.now();
  const kernel = await host.ask(
    `journalctl -k -o cat | grep -iE 'nfs|lock reclaim' | tail -n 5 || true`,
  );
  claims.check(
    'when the network is back the old copy gets EIO for the lock it lost, and QEMU pauses it',
    seen !== undefined,
    [
      `${seconds(healedAt, pausedAt)} after the network was back`,
      ...(seen ?? (await host.ask(`cat ${events}`)))
        .split('\n')
        .filter((line) => line.includes(vmName)),
      ...(kernel === '' ? [] : [`kernel of h2: ${kernel}`]),
    ].join('\n'),
  );
  await site.hostIs('h2', 'ready').catch(() => undefined);
  const state = await ledger.stateOn('h2');
  const { reasons, state: hostState } = await site.api.host('h2');
  claims.check(
    'Drover takes the paused copy away once the new owner has said that it runs, and the host is ready',
    state === 'absent' && hostState === 'ready',
    `on h2 it is ${state}; h2 is ${hostState} ${reasons.join('; ')}; ${seconds(healedAt, performance.now())} after the network was back`,
  );
  await host.ask('systemctl stop libvirt-events');
}
