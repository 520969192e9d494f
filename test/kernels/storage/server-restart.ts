/** The NFS server loses its power and comes back, while a VM writes: how long it stands still, and that it goes on. */
import type { Narrator } from '@drover/deploy/lab';
import { until } from '../../end-to-end/support/until.ts';
import type { Claims } from '../claims.ts';
import { patienceMs } from '../machine.ts';
import type { Site } from '../site.ts';
import { seconds } from './recovery.ts';
import type { Ledger } from './vm.ts';

export async function checkServerRestart(
  site: Site,
  claims: Claims,
  ledger: Ledger,
  tell: Narrator,
): Promise<void> {
  const boots = 3;
  const before = await ledger.writes(boots);
  await site.nfs.cutPower();
  const cutAt = performance.now();
  await site.nfs.powerOn();
  await site.nfs.booted((text) => tell.step(text));
  const isUp = async () =>
    (await site.nfs.ask('systemctl is-active nfs-server || true')) === 'active' ? true : undefined;
  await until('the server serves again', isUp, { deadlineMs: patienceMs, everyMs: 1_000 });
  const upAt = performance.now();
  const after = await ledger.writes(boots, before.lastAt + 200);
  const wroteAt = performance.now();
  claims.check(
    'after a power loss of the server the VM writes on, in the same boot',
    after.boots.at(-1) === before.boots.at(-1) && after.harm.length === 0,
    [
      `seconds from the power loss: server up ${seconds(cutAt, upAt)}, VM writes ${seconds(cutAt, wroteAt)}`,
      after.harm.join('; '),
    ]
      .filter(Boolean)
      .join('\n'),
  );
  claims.check(
    'nobody paused, stopped or moved it',
    (await ledger.stateOn('h1')).startsWith('running') && (await ledger.body()).hostId === 'h1',
  );
  const { stderr, stdout, exitCode } = await site
    .machine('h2')
    .sh(`qemu-io -f qcow2 -c 'write 0 512' ${ledger.poolFile}`);
  claims.check(
    'its lock was taken back in the grace period: another host still does not get it',
    exitCode !== 0 && /lock/.test(stdout + stderr),
    (stdout + stderr).trim().split('\n').at(0),
  );
}
