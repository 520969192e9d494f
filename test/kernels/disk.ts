/**
 * The disk that every machine begins with, made of the machine image's own files. Made once for each image, and kept
 * beside the lab's other state; machines write to layers of their own.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout, docker } from '@drover/deploy/lab';

const image = 'drover-lab/machine';
const folder = join(checkout, '.lab', 'machine-disks');

/** The folder with disk, kernel and initrd. */
export async function machineDisk(onStep: (text: string) => void): Promise<string> {
  const id = await docker(['image', 'inspect', '--format', '{{.Id}}', image]);
  const own = join(folder, id.replace('sha256:', '').slice(0, 16));
  if (existsSync(join(own, 'disk.raw'))) return own;
  const started = performance.now();
  await forget();
  await mkdir(own, { recursive: true });
  const container = await docker(['create', image, 'true']);
  try {
    const tar = join(own, 'files.tar');
    await docker(['export', '--output', tar, container], { timeoutMs: 300_000 });
    const make = ['make-disk', '/made/files.tar', '/made'];
    await docker(['run', '--rm', '--volume', `${own}:/made`, image, ...make], {
      timeoutMs: 300_000,
    });
    await rm(tar);
  } finally {
    await docker(['rm', '--force', container]);
  }
  onStep(`made the machines’ disk in ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return own;
}

/** Those of former images. */
async function forget(): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
}
