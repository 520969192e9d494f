/**
 * Is this machine fit to carry the lab, and does Docker run? What can be mended by a package or by starting a
 * service is mended; anything else is named with the command that mends it.
 */
import { spawn } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { mkdir, readFile, rm, statfs, writeFile } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { run } from './docker.ts';
import { checkout } from './settings.ts';

const gib = 1024 ** 3;
const tested = ['debian 12', 'debian 13', 'ubuntu 24.04'];

/** What is wrong, and what mends it. */
export class UnfitMachine extends Error {
  override readonly name = 'UnfitMachine';
}

/**
 * `programs`: others that must be there, and the package that each is in. Throws `UnfitMachine` where
 * nothing that we may do by ourselves helps.
 */
export async function prepareMachine(
  onStep: (text: string) => void,
  programs: Readonly<Record<string, string>> = {},
): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new UnfitMachine(
      `the lab needs Linux on x86-64; this is ${process.platform} ${process.arch}`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new UnfitMachine(
      'the lab makes networks and containers, so it needs root: sudo npm start',
    );
  }
  if (totalmem() < 3.5 * gib || freemem() < 1 * gib) {
    const free = (freemem() / gib).toFixed(1);
    throw new UnfitMachine(
      `the lab needs 4 GiB of memory, ${free} GiB are free: free -h shows who has it`,
    );
  }
  const disk = await statfs(checkout);
  if (disk.bavail * disk.bsize < 6 * gib) {
    const free = ((disk.bavail * disk.bsize) / gib).toFixed(1);
    throw new UnfitMachine(`the lab needs 6 GiB of disk, ${free} GiB are free: df -h ${checkout}`);
  }
  if (!existsSync('/dev/net/tun')) {
    await run('modprobe', ['tun']);
    if (!existsSync('/dev/net/tun')) {
      throw new UnfitMachine('VMs need /dev/net/tun, which this kernel lacks: modprobe tun');
    }
  }
  const system = await readSystem();
  if (!tested.includes(system)) onStep(`${system} is untested (tested: ${tested.join(', ')})`);
  const missing: string[] = [];
  for (const [program, from] of Object.entries(programs)) {
    if (!(await isInstalled(program))) missing.push(from);
  }
  if (missing.length > 0) await install(missing, onStep);
  await prepareDocker(onStep);
}

async function readSystem(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const value = (key: string) => new RegExp(`^${key}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? '?';
  return `${value('ID')} ${value('VERSION_ID')}`;
}

async function prepareDocker(onStep: (text: string) => void): Promise<void> {
  const packages: string[] = [];
  const answers = await dockerAnswers();
  if (!answers && !(await isInstalled('dockerd'))) packages.push('docker.io', 'iptables');
  // Debian 13 has the command in a package of its own; elsewhere it comes with the daemon.
  if (!(await isInstalled('docker'))) packages.push('docker.io', 'docker-cli');
  if (!(await isInstalled('mmdebstrap'))) packages.push('mmdebstrap', 'debian-archive-keyring');
  if (packages.length > 0) await install(packages, onStep);
  if (answers || (await dockerAnswers())) return;
  onStep('starting Docker');
  if (existsSync('/run/systemd/system')) await run('systemctl', ['start', 'docker']);
  else await startDaemon();
  for (let tries = 0; tries < 120; tries += 1) {
    if (await dockerAnswers()) return;
    await pause(500);
  }
  throw new UnfitMachine(
    'Docker does not answer. See .lab/dockerd.log, or: systemctl status docker; docker info',
  );
}

async function isInstalled(program: string): Promise<boolean> {
  const path = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
  const script = 'PATH=$2 command -v "$1"';
  return (await run('sh', ['-c', script, 'sh', program, path])).exitCode === 0;
}

async function dockerAnswers(): Promise<boolean> {
  const { exitCode } = await run('docker', ['version', '--format', '{{.Server.Version}}'], {
    timeoutMs: 20_000,
  });
  return exitCode === 0;
}

/** Where no init runs, the daemon is started by hand, and outlives this program. */
async function startDaemon(): Promise<void> {
  await forgetDead('/var/run/docker.pid', 'dockerd');
  await forgetDead('/var/run/docker/containerd/containerd.pid', 'containerd');
  const folder = join(checkout, '.lab');
  await mkdir(folder, { recursive: true });
  const log = openSync(join(folder, 'dockerd.log'), 'a');
  const daemon = spawn('dockerd', [], { detached: true, stdio: ['ignore', log, log] });
  daemon.unref();
  await writeFile(join(folder, 'dockerd.pid'), String(daemon.pid ?? ''));
}

/** A daemon that was killed leaves its pid file; should another program have that pid now, it would not start. */
async function forgetDead(pidFile: string, program: string): Promise<void> {
  const pid = (await readFile(pidFile, 'utf8').catch(() => '')).trim();
  if (pid === '') return;
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  if (name.trim() !== program) await rm(pidFile, { force: true });
}

async function install(wanted: readonly string[], onStep: (text: string) => void): Promise<void> {
  if (!existsSync('/usr/bin/apt-get')) {
    throw new UnfitMachine(`missing: ${wanted.join(', ')}; install them, then run this again`);
  }
  const apt = (args: readonly string[]) =>
    run('env', ['DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args], { timeoutMs: 15 * 60_000 });
  await apt(['update', '-q']);
  const packages: string[] = [];
  for (const name of new Set(wanted)) {
    if (name !== 'docker-cli' || (await isOffered(name))) packages.push(name);
  }
  onStep(`installing ${packages.join(', ')}`);
  const { exitCode, stderr } = await apt([
    'install',
    '-y',
    '-q',
    '--no-install-recommends',
    ...packages,
  ]);
  if (exitCode !== 0) {
    throw new UnfitMachine(
      `could not install ${packages.join(', ')}: ${stderr.trim().slice(-600)}\n` +
        `Mend it with: apt-get update && apt-get install ${packages.join(' ')}`,
    );
  }
}

/** Not every release of the tested systems has every package. */
async function isOffered(name: string): Promise<boolean> {
  const { stdout } = await run('apt-cache', ['policy', name]);
  return /Candidate: (?!\(none\))/.test(stdout);
}
