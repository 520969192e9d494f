/**
 * The seed of a VM: an ISO image with what cloud-init is to be told, made in the pool of its first disk before the VM
 * starts, where it does not lie there yet. It gets its name when it is whole. Which content it has is seed-files.ts.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { DroverError, type Pool, type SeedToAttach, type VmToStart } from '@drover/protocol';
import type { ActionOutcome } from '../logic/index.ts';
import type { HostFiles } from './host-files.ts';
import type { LibvirtLink } from './libvirt-link.ts';
import { done } from './outcome.ts';
import { usablePool } from './pool.ts';
import { folderOf, partOf, seedContent, seedFile, seedPath } from './seed-files.ts';

const run = promisify(execFile);
const toolMs = 60_000;

/** What cloud-init looks for. */
const isoArguments = ['-quiet', '-volid', 'cidata', '-joliet', '-rock', '-output'];

/** Either of them makes the same; the first that is there does. */
const makers: readonly (readonly [string, readonly string[]])[] = [
  ['xorriso', ['-as', 'mkisofs', ...isoArguments]],
  ['genisoimage', isoArguments],
];

/** The disks' pools are active. */
export async function prepareSeed(files: HostFiles, vmId: string, vm: VmToStart): Promise<void> {
  const { seed, formerSeeds } = vm;
  if (seed !== undefined) {
    const path = seedPath(vmId, seed);
    const stood = await files.look(path);
    if (stood.type === 'silent') throw unanswered(seed.pool);
    if (stood.type === 'missing') await makeSeed(vmId, seed, path);
  }
  const pool = seed?.pool ?? formerSeeds;
  if (pool !== undefined) await deleteIn(pool, vmId, seed?.hash);
}

/** All of the VM's, in each of these pools. */
export async function deleteSeeds(
  link: LibvirtLink,
  files: HostFiles,
  pools: readonly Pool[],
  vmId: string,
): Promise<ActionOutcome> {
  for (const pool of pools) {
    if (pool.spec.type === 'nfs-direct') continue;
    // Active, mounted, and where it was declared.
    await usablePool(link.libvirt, files, pool);
    await deleteIn(pool, vmId);
  }
  return done;
}

/** Of any other content, and what was never whole. libvirt cannot list a pool of very many files. */
async function deleteIn(pool: Pool, vmId: string, butHash?: string): Promise<void> {
  const kept = butHash === undefined ? [] : ['!', '-name', seedFile(vmId, butHash)];
  const ours = ['(', '-name', seedFile(vmId, '*'), '-o', '-name', partOf(seedFile(vmId, '*')), ')'];
  try {
    await run('find', [
      folderOf(pool),
      '-maxdepth',
      '1',
      '-type',
      'f',
      ...ours,
      ...kept,
      '-delete',
    ]);
  } catch (error) {
    throw new DroverError('pool-unavailable', `pool ${pool.name}: ${wordsOf(error)}`);
  }
}

function unanswered({ name }: Pool): DroverError {
  return new DroverError('pool-unavailable', `pool ${name}: its server does not answer`);
}

/** Only root reads it: user data may hold passwords. libvirt gives it to QEMU as it does with every disk. */
export async function makeSeed(vmId: string, seed: SeedToAttach, path: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'drover-seed-'));
  try {
    const content = seedContent(vmId, seed);
    const image = join(work, 'seed.iso');
    const names = Object.entries(content).map(([name]) => join(work, name));
    for (const [name, text] of Object.entries(content)) {
      await writeFile(join(work, name), text as string, { mode: 0o600 });
    }
    await makeIso(image, names);
    // By programs of their own: storage that does not answer keeps them, and not this process.
    const part = join(dirname(path), partOf(basename(path)));
    await run('install', ['-m', '0600', '-T', image, part]);
    await run('sync', [part]);
    await run('mv', ['-f', '-T', part, path]);
  } catch (error) {
    if (error instanceof DroverError) throw error;
    throw new DroverError('seed-failed', `its cloud-init seed: ${wordsOf(error)}`, {
      cause: error,
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function makeIso(image: string, contents: readonly string[]): Promise<void> {
  for (const [program, options] of makers) {
    try {
      await run(program, [...options, image, ...contents], { timeout: toolMs });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new DroverError(
    'seed-failed',
    'neither xorriso nor genisoimage is on this host: install the package xorriso there, and start the VM again',
  );
}

/** The end of what the program said; its arguments are no news. */
function wordsOf(error: unknown): string {
  const { stderr } = error as { readonly stderr?: string };
  const said = stderr?.trim().split('\n').at(-1) ?? '';
  return said === '' ? String((error as Error).message).slice(0, 200) : said.slice(0, 200);
}
