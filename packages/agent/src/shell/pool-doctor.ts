/**
 * What this host does for `drover pool doctor`: looks at the pool as QEMU's user sees it, and holds or tries the lock of
 * an image with QEMU's own tool. All of it lies in `.drover/doctor/` of the pool; what is held ends by itself, and with
 * the agent.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Inventory, Pool, PoolProbe, PoolProbeAnswer } from '@drover/protocol';
import { DroverError } from '@drover/protocol';
import type { HostFiles } from './host-files.ts';
import { guardOf } from './mounts.ts';
import { isLocked } from './outcome.ts';
import type { QemuUser } from './pool-files.ts';
import { killGroup, type Ran, runAs } from './run-as.ts';

type ReportedPool = Inventory['pools'][number];

export interface PoolDoctorParts {
  readonly files: Pick<HostFiles, 'mounts' | 'kernel' | 'recoversLostLocks'>;
  readonly pools: () => Promise<readonly ReportedPool[]>;
  readonly user: () => Promise<QemuUser>;
}

interface Held {
  readonly child: ChildProcess;
  readonly timer: NodeJS.Timeout;
}

const kind = 'probe-pool';
const eachMs = 8_000;
const folder = '.drover/doctor';

/** `$1` the pool, `$2` the file, `$3` its owner. Whoever runs it may be root where QEMU's user may not make files. */
const makeScript = `set -eu
umask 022
cd "$1"
mkdir -p -m 755 .drover
mkdir -p -m 777 ${folder}
[ -e ${folder}/"$2" ] || printf 'made by %s\\n' "$2" > ${folder}/"$2"
[ "$(id -u)" != 0 ] || chown "$3" ${folder} ${folder}/"$2"
stat -c '%u %g' ${folder}/"$2"`;

const seeScript = `cd "$1/${folder}" || exit 0
shift
for file; do
  if head -c 1 "./$file" > /dev/null 2>&1; then echo "seen $file"
  elif [ -e "./$file" ]; then echo "unreadable $file"
  fi
done`;

const cleanScript = `cd "$1/${folder}" || exit 0
shift
for file; do rm -f "./$file"; done
cd ../.. && rmdir ${folder} 2> /dev/null || true`;

export class PoolDoctorHand implements Disposable {
  readonly #parts: PoolDoctorParts;
  /** By path. */
  readonly #held = new Map<string, Held>();

  constructor(parts: PoolDoctorParts) {
    this.#parts = parts;
  }

  async probe(pool: Pool, probe: PoolProbe): Promise<PoolProbeAnswer> {
    const { spec } = pool;
    if (spec.type === 'nfs-direct') {
      throw new DroverError('pool-unsuited', `pool ${pool.name} is not mounted on hosts`);
    }
    const user = await this.#parts.user();
    const at = (file: string) => join(spec.path, folder, file);
    switch (probe.act) {
      case 'look':
        return this.#look(pool.name, spec.path, probe.file, user);
      case 'hold':
        return this.#hold(at(probe.file), probe.holdMs, user);
      case 'try':
        return tryLock(at(probe.file), user);
      case 'release':
        return { kind, act: 'release', wasHeld: this.#release(at(probe.file)) };
      case 'see': {
        const args = ['-c', seeScript, 'sh', spec.path, ...probe.files];
        const { stdout } = await runAs(user, 'sh', args, eachMs);
        const lines = stdout.split('\n').map((line) => line.split(' '));
        const named = (word: string) =>
          lines.flatMap(([a, file]) => (a === word && file ? [file] : []));
        return { kind, act: 'see', seen: named('seen'), unreadable: named('unreadable') };
      }
      case 'clean': {
        for (const file of probe.files) this.#release(at(file));
        const args = ['-c', cleanScript, 'sh', spec.path, ...probe.files];
        await runAs(user, 'sh', args, eachMs);
        return { kind, act: 'clean' };
      }
    }
  }

  async #look(name: string, path: string, file: string, user: QemuUser): Promise<PoolProbeAnswer> {
    const { files, pools } = this.#parts;
    const seen = (await pools()).find((pool) => pool.name === name);
    const { guard, guardedBy } = guardOf(path, await files.mounts());
    const isUsable = seen?.condition === 'reachable' || seen?.condition === 'full';
    const made = isUsable ? await make(path, file, user) : undefined;
    const [uid, gid] = (made?.stdout ?? '').trim().split(' ').map(Number);
    const hasOwner = made?.code === 0 && uid !== undefined && gid !== undefined;
    const recoversLostLocks = await files.recoversLostLocks();
    return {
      kind,
      act: 'look',
      condition: seen?.condition ?? 'error',
      ...reasonOf(seen),
      ...(seen?.mount === undefined ? {} : { mount: seen.mount }),
      guard,
      guardedBy: guardedBy.slice(0, 1_000),
      mark: seen?.mark ?? 'missing',
      capacityMib: seen?.capacityMib ?? 0,
      freeMib: seen?.freeMib ?? 0,
      ...(seen?.inodes === undefined ? {} : { freeInodes: seen.inodes.free }),
      kernel: (await files.kernel()).slice(0, 64),
      user,
      ...(hasOwner ? { owner: { uid, gid } } : {}),
      ...(made === undefined || hasOwner ? {} : { notMade: said(made) }),
      ...(recoversLostLocks === undefined ? {} : { recoversLostLocks }),
    };
  }

  /** QEMU's own tool with the image open for writing: it has the lock that a VM's QEMU has. */
  async #hold(path: string, holdMs: number, user: QemuUser): Promise<PoolProbeAnswer> {
    if (this.#held.has(path)) return { kind, act: 'hold' };
    const args = ['create', '-q', '-f', 'qcow2', path, '1M'];
    const image = await runAs(user, 'qemu-img', args, eachMs);
    if (image.code !== 0) return { kind, act: 'hold', why: said(image) };
    const { uid, gid } = user;
    const child = spawn('qemu-io', ['-f', 'qcow2', path], {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
      cwd: '/',
      uid,
      gid,
    });
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    let text = '';
    const hear = (piece: string) => {
      text = (text + piece).slice(-4_096);
      // It answers once it has opened the image, and so has the lock.
      if (text.includes('read 512/512')) resolve(undefined);
    };
    child.stdout.setEncoding('utf8').on('data', hear);
    child.stderr.setEncoding('utf8').on('data', hear);
    child.stdin.on('error', () => {});
    child.once('error', (error) => resolve(error.message));
    child.once('exit', () => {
      this.#held.delete(path);
      resolve(text.trim().slice(0, 1_000) || 'qemu-io ended');
    });
    const timer = setTimeout(() => this.#release(path), holdMs);
    timer.unref();
    this.#held.set(path, { child, timer });
    const late = setTimeout(() => resolve(`it was not open within ${eachMs} ms`), eachMs);
    child.stdin.write('read 0 512\n');
    const why = await promise;
    clearTimeout(late);
    if (why === undefined) return { kind, act: 'hold' };
    this.#release(path);
    return { kind, act: 'hold', why };
  }

  /** Was it held until now? */
  #release(path: string): boolean {
    const held = this.#held.get(path);
    if (held === undefined) return false;
    this.#held.delete(path);
    clearTimeout(held.timer);
    if (held.child.pid !== undefined) killGroup(held.child.pid);
    return true;
  }

  [Symbol.dispose](): void {
    for (const path of this.#held.keys()) this.#release(path);
  }
}

async function make(path: string, file: string, user: QemuUser): Promise<Ran> {
  const args = ['-c', makeScript, 'sh', path, file, `${user.uid}:${user.gid}`];
  const ran = await runAs(user, 'sh', args, eachMs);
  return ran.code === 0 ? ran : runAs(undefined, 'sh', args, eachMs);
}

async function tryLock(path: string, user: QemuUser): Promise<PoolProbeAnswer> {
  const args = ['-f', 'qcow2', '-c', 'read 0 512', path];
  const ran = await runAs(user, 'qemu-io', args, eachMs);
  const answer = { kind, act: 'try' } as const;
  if (ran.code === 0) return { ...answer, found: 'free' };
  const why = said(ran);
  if (isLocked(why)) return { ...answer, found: 'locked', why };
  return { ...answer, found: /No such file/.test(why) ? 'unseen' : 'failed', why };
}

function said({ stderr, stdout }: Ran): string {
  return (stderr.trim() || stdout.trim() || 'it did not say why').slice(0, 1_000);
}

function reasonOf(seen: ReportedPool | undefined): { readonly reason?: string } {
  if (seen === undefined) return { reason: 'libvirt there does not have it' };
  return seen.reason === undefined ? {} : { reason: seen.reason };
}
