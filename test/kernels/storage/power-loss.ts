/** The host of a VM that writes loses its power: when may another take its disk, and what becomes of the host. */
import type { Narrator } from '@drover/deploy/lab';
import type { Claims } from '../claims.ts';
import { nfsLeaseSeconds } from '../configure.ts';
import type { Site } from '../site.ts';
import { LockWatch } from './lock-watch.ts';
import { recover, seconds } from './recovery.ts';
import { type Ledger, vmName } from './vm.ts';

/** Beyond its lease: the server looks for ended ones now and then, and Drover tries every fifteen seconds. */
const slackSeconds = 75;

export async function checkPowerLoss(
  site: Site,
  claims: Claims,
  ledger: Ledger,
  tell: Narrator,
): Promise<void> {
  const lost = site.machine('h2');
  const watch = await LockWatch.start(lost, site.machine('h1'));
  const before = await ledger.writes(1);
  await lost.cutPower();
  const cutAt = performance.now();
  const early = await site.drover(['host', 'recover', 'h2', '--yes']);
  claims.check(
    'a word that it is off is not taken while it may just be late',
    early.exitCode !== 0 && early.said.includes('host-not-down'),
    early.said.split('\n').at(-1),
  );
  await site.hostIs('h2', 'down');
  const downAt = performance.now();
  const recovery = await recover(site, ledger, { lost: 'h2', to: 'h1' });
  const lockAt = await watch.taken();
  const { ranAt, refusals, saidLocked } = recovery;
  claims.check(
    'before the lease of the dead host has ended a start is refused: disk-locked',
    refusals > 0 && saidLocked >= refusals,
    `${refusals} refused by QEMU, ${saidLocked} told as disk-locked; the operation ${recovery.waitedFor.join('; ')}`,
  );
  const after = ranAt === undefined ? Infinity : (ranAt - cutAt) / 1000;
  claims.check(
    'after it the VM starts on h1, by the same word',
    recovery.exitCode === 0 && after < nfsLeaseSeconds + slackSeconds,
    recovery.said,
  );
  claims.check(
    'the server gave the lock to another host no earlier than the lease allows',
    lockAt !== undefined && (lockAt - cutAt) / 1000 > nfsLeaseSeconds / 2,
    [
      `seconds from power loss: host is down ${seconds(cutAt, downAt)}`,
      `lock free ${seconds(cutAt, lockAt)}`,
      `VM runs on h1 ${seconds(cutAt, ranAt)}; the lease is ${nfsLeaseSeconds} s`,
    ].join(', '),
  );
  const log = await ledger.writes(2);
  claims.check(
    'its disk had one writer: the second boot begins after the last record of the first',
    log.harm.length === 0 && log.boots[0] === before.boots[0],
    log.harm.join('; ') || `${log.records} records of two boots`,
  );
  await checkReturn(site, claims, ledger, tell);
}

async function checkReturn(
  site: Site,
  claims: Claims,
  ledger: Ledger,
  tell: Narrator,
): Promise<void> {
  const host = site.machine('h2');
  await host.powerOn();
  const onAt = performance.now();
  await host.booted((text) => tell.step(text));
  await site.hostIs('h2', 'ready');
  const readyAt = performance.now();
  const known = await host.ask('virsh --quiet list --all; pgrep -c qemu-system || true');
  claims.check(
    'the host comes back with nothing that runs, nothing that libvirt would start, and is ready',
    known === '0' && (await ledger.stateOn('h1')).startsWith('running'),
    `ready ${seconds(onAt, readyAt)} after its power; on h1 ${vmName} is ${await ledger.stateOn('h1')}`,
  );
  claims.check(
    'its disk still has one writer',
    (await ledger.harm()).length === 0 && (await ledger.log()).boots.length === 2,
  );
}
