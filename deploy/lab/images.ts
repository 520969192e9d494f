/**
 * The lab's images, built on this machine. The base comes from a registry where one can be reached, and is
 * otherwise made from the distribution's packages. An image whose sources did not change is kept.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker, run } from './docker.ts';
import { checkout } from './settings.ts';

const hashLabel = 'dev.drover.hash';
const folder = join(checkout, 'deploy', 'images');

interface Base {
  readonly image: string;
  readonly release: string;
}

const debian13: Base = { image: 'drover-lab/base', release: 'trixie' };
const debian12: Base = { image: 'drover-lab/base12', release: 'bookworm' };

const lab = { control: debian13, host: debian13, tiny: debian13 };
/** Besides the lab's, what only tests run. */
const tests = { ...lab, libvirt12: debian12 };
/** What hosts with kernels of their own are made of. */
const kernels = { control: debian13, tiny: debian13, machine: debian13 };

const sets = { lab, tests, kernels };

export const imageNames: readonly string[] = [
  debian13.image,
  debian12.image,
  ...Object.keys({ ...tests, ...kernels }).map((name) => `drover-lab/${name}`),
];

/** `onStep` hears what is being built and how it went; nothing for images that are kept. */
export async function buildImages(
  onStep: (text: string) => void,
  wanted: keyof typeof sets = 'lab',
): Promise<void> {
  for (const [name, base] of Object.entries(sets[wanted])) {
    await makeBase(base, onStep);
    const baseId = await docker(['image', 'inspect', '-f', '{{.Id}}', base.image]);
    const hash = await sourceHash(name, baseId);
    if ((await labelOf(`drover-lab/${name}`)) === hash) continue;
    const started = performance.now();
    onStep(`building the ${name} image`);
    await docker(
      [
        'build',
        '--tag',
        `drover-lab/${name}`,
        '--label',
        `${hashLabel}=${hash}`,
        '--file',
        join(folder, name, 'Dockerfile'),
        folder,
      ],
      { timeoutMs: 20 * 60_000 },
    );
    onStep(`built the ${name} image in ${seconds(started)}`);
  }
}

async function makeBase(base: Base, onStep: (text: string) => void): Promise<void> {
  const { image, release } = base;
  if ((await run('docker', ['image', 'inspect', image])).exitCode === 0) return;
  const started = performance.now();
  const pulled = await run('docker', ['pull', '--quiet', `debian:${release}-slim`], {
    timeoutMs: 60_000,
  });
  if (pulled.exitCode === 0) {
    await docker(['tag', `debian:${release}-slim`, image]);
    onStep(`took the ${release} base image from the registry in ${seconds(started)}`);
    return;
  }
  onStep(`no container registry answers; making the ${release} base image from packages`);
  const work = await mkdtemp(join(tmpdir(), 'drover-base-'));
  try {
    const tar = join(work, 'base.tar');
    const made = await run('mmdebstrap', ['--variant=minbase', '--quiet', release, tar], {
      timeoutMs: 15 * 60_000,
    });
    if (made.exitCode !== 0) {
      throw new Error(
        `mmdebstrap could not make a ${release} base image: ${made.stderr.trim().slice(-600)}\n` +
          'Check that the machine reaches a Debian mirror: mmdebstrap --variant=minbase ' +
          `${release} /dev/null`,
      );
    }
    await docker(['import', tar, image], { timeoutMs: 300_000 });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  onStep(`made the ${release} base image in ${seconds(started)}`);
}

async function labelOf(image: string): Promise<string | undefined> {
  const format = `{{index .Config.Labels "${hashLabel}"}}`;
  const { stdout, exitCode } = await run('docker', ['image', 'inspect', '-f', format, image]);
  return exitCode === 0 ? stdout.trim() : undefined;
}

async function sourceHash(name: string, base: string): Promise<string> {
  const hash = createHash('sha256').update(base);
  for (const part of [name, 'shared']) {
    for (const file of (await readdir(join(folder, part))).toSorted()) {
      hash.update(`\0${part}/${file}\0`).update(await readFile(join(folder, part, file)));
    }
  }
  return hash.digest('hex');
}

function seconds(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(0)} s`;
}
