/**
 * Writes `.drover/pool.json` into a pool's directory, by which hosts tell that they see one and the same. It is written
 * once, by the one host that is told to: a directory without it is another one.
 */
import { DroverError, type Pool } from '@drover/protocol';
import { type ActionOutcome } from '../logic/index.ts';
import { done } from './outcome.ts';
import { markFile, type QemuUser, readMark } from './pool-files.ts';
import { type Ran, runAs } from './run-as.ts';

const writeMs = 20_000;

/** `$1` the directory, `$2` the text. One that is there stays, whatever it says. */
const script = `set -eu
umask 022
cd "$1"
mkdir -p .drover
[ -e ${markFile} ] || { set -C; printf '%s\\n' "$2" > ${markFile}; }
head -c 4096 ${markFile}`;

/** Throws `pool-unavailable`. */
export async function markPool(
  user: QemuUser,
  { name, spec }: Pool,
  uuid: string,
): Promise<ActionOutcome> {
  if (spec.type === 'nfs-direct' || spec.type === 'local') return done;
  const text = JSON.stringify({ v: 1, uuid, name, what: 'a pool of Drover; docs/pools.md' });
  const write = (as: QemuUser | undefined): Promise<Ran> =>
    runAs(as, 'sh', ['-c', script, 'sh', spec.path, text], writeMs);
  // Where QEMU's user may write, it may have put a link there that root would follow.
  let ran = await write(user);
  if (ran.code !== 0) ran = await write(undefined);
  const why =
    ran.code === 0
      ? differs(readMark(ran.stdout), uuid)
      : `${markFile} cannot be written: ${ran.stderr.trim()}`;
  if (why !== undefined) throw new DroverError('pool-unavailable', `pool ${name}: ${why}`);
  return done;
}

function differs(said: string, uuid: string): string | undefined {
  return said === uuid ? undefined : `${markFile} is another pool’s, it says ${said}`;
}
