/** Since when libvirt's daemon for QEMU runs: what was written into its configuration later it has not read. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startedAt } from './os-facts.ts';

/** The one daemon of old, and the one for QEMU alone. Each holds its file as a lock, whoever starts it. */
const daemons = ['libvirtd', 'virtqemud'];
/** Of `/proc`, on every architecture. */
const ticksPerSecond = 100;

/** In ms since 1970 by the clock as it is now; undefined where no daemon can be seen from here. */
export async function daemonStartedMs(
  wallMs: number,
  folder = '/run',
  names: readonly string[] = daemons,
): Promise<number | undefined> {
  const uptime = Number((await readFile('/proc/uptime', 'utf8')).split(' ')[0]);
  const began: number[] = [];
  for (const name of names) {
    try {
      const pid = Number(await readFile(join(folder, `${name}.pid`), 'utf8'));
      // A file of one that is gone may name another's process.
      if ((await readFile(`/proc/${pid}/comm`, 'utf8')).trim() !== name) continue;
      const upForMs = (uptime - Number(startedAt(pid)) / ticksPerSecond) * 1_000;
      began.push(wallMs - Math.round(upForMs));
    } catch {
      // It does not run.
    }
  }
  return began.length === 0 ? undefined : Math.max(...began);
}
