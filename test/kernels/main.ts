/**
 * `npm run e2e:kernels`: hosts with kernels of their own, as whole machines under software emulation. For what containers
 * cannot show: the kernel's NFS, lock expiry, systemd, a KVM of the host's own. Slow, so not part of `npm test`.
 */
import { parseArgs } from 'node:util';
import { narrator, UnfitMachine } from '@drover/deploy/lab';
import { Claims } from './claims.ts';
import { Site } from './site.ts';
import { storage } from './storage/storage.ts';

const usage = `usage: npm run e2e:kernels -- storage [--keep]

  storage   a pool on a kernel NFS server, two hosts, one VM: the mount, a live move, power loss, partition, and a
            restart of the server, with the times that they took. About half an hour.

  --keep    leave everything up at the end; the next run begins anew, \`npm stop -- --all\` removes it

Needs root and about 5 GiB of memory. Ends with "N claims held, N failed".`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { keep: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h' } },
});
if (values.help === true) {
  console.log(usage);
  process.exit(0);
}
if (positionals.length !== 1 || positionals[0] !== 'storage') {
  console.error(usage);
  process.exit(64);
}

const tell = narrator(process.stdout);
const claims = new Claims(tell);
const interruption = new AbortController();
let making: Promise<Site> | undefined;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interruption.signal.aborted) return;
    interruption.abort();
    tell.part('Interrupted: removing everything');
    void removeAll().finally(() => process.exit(130));
  });
}

/** The run that goes on meanwhile fails where it is, and is not listened to; what it was making is there only then. */
async function removeAll(): Promise<void> {
  await Site.down();
  if (making === undefined) return;
  await making.catch(() => undefined);
  await Site.down();
}

let site: Site | undefined;
try {
  tell.part('Bringing up two hosts and an NFS server');
  making = Site.up(tell, interruption.signal);
  site = await making;
  await site.boot(tell);
  await storage(site, claims, tell);
} catch (error) {
  if (!interruption.signal.aborted) claims.broke(error);
  if (error instanceof UnfitMachine) process.exit(1);
}
if (!interruption.signal.aborted) {
  if (claims.failed > 0 && site !== undefined) console.log(`\n${await site.tails()}`);
  if (values.keep) tell.part('Everything stays up');
  else {
    await Site.down();
    tell.part('Everything is removed');
  }
  const minutes = Math.ceil(performance.now() / 60_000);
  console.log(`\n${claims.summary}, in ${minutes} min`);
  process.exit(claims.failed === 0 ? 0 : 1);
}
