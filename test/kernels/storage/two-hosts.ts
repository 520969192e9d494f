/** A VM in the pool writes, moves live, and the server's locks keep everybody else from its disk. */
import type { Claims } from '../claims.ts';
import { libvirtLog } from '../configure.ts';
import type { Site } from '../site.ts';
import { Ledger } from './vm.ts';

/** VIR_MIGRATE_UNSAFE */
const unsafe = 1n << 9n;

export async function checkMove(site: Site, claims: Claims): Promise<Ledger> {
  await site.api.expect(200, 'POST', '/v1/hosts/h2/cordon', {});
  const { ledger, operationId } = await Ledger.create(site);
  const started = await site.ended(operationId);
  const { hostId } = await ledger.body();
  claims.check(
    'a VM with a thin clone of an image of the pool starts on h1',
    started.state === 'succeeded' && hostId === 'h1',
    `${started.state} ${started.error?.message ?? ''}`.trim(),
  );
  await site.api.expect(200, 'DELETE', '/v1/hosts/h2/cordon');
  const wrote = await ledger.writes(1);
  claims.check(
    'it writes numbered records, which the server has',
    wrote.records > 0 && wrote.harm.length === 0,
    `${wrote.records} records`,
  );
  await checkLocked(site, claims, ledger, 'h2');
  const moved = await ledger.moveTo('h2');
  claims.check(
    'it moves live to h2, since the locks of its disk are the server’s',
    moved.state === 'succeeded' && moved.mode === 'live' && (await ledger.body()).hostId === 'h2',
    [moved.error?.message, `memory ${moved.memoryPath}`].filter(Boolean).join('\n'),
  );
  const flags = await migrationFlags(site, 'h1');
  claims.check(
    'libvirt was not told to leave out its own look at the storage',
    flags !== undefined && (flags & unsafe) === 0n,
    `flags of the migration: 0x${flags?.toString(16)}`,
  );
  const after = await ledger.writes(1, wrote.lastAt);
  claims.check(
    'it is the same boot, and one writer after the other',
    after.boots.length === 1 && after.harm.length === 0,
    `${after.records} records without a hole`,
  );
  await checkLocked(site, claims, ledger, 'h1');
  return ledger;
}

/** Those of the last migration away from this host, by its libvirt's own log. */
async function migrationFlags(site: Site, host: string): Promise<bigint | undefined> {
  const log = await site
    .machine(host)
    .ask(`grep 'qemuMigrationSrcPerform:.*flags=' ${libvirtLog} | tail -n 1`);
  const found = /\bflags=(?:0x)?([0-9a-f]+)/.exec(log)?.[1];
  return found === undefined ? undefined : BigInt(`0x${found}`);
}

/** A QEMU by hand on the other host gets nowhere, as long as the VM runs. */
async function checkLocked(
  site: Site,
  claims: Claims,
  ledger: Ledger,
  host: string,
): Promise<void> {
  const { stderr, stdout, exitCode } = await site
    .machine(host)
    .sh(`qemu-io -f qcow2 -c 'write 0 512' ${ledger.poolFile}`);
  const said = `${stdout}${stderr}`.trim();
  claims.check(
    `the server's lock keeps a program on ${host} from its disk`,
    exitCode !== 0 && said.includes('lock'),
    said.split('\n').at(0) ?? '',
  );
}
