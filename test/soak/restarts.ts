/**
 * Restarts of a daemon, spread evenly over what is done with it; every second one without warning.
 */
import type { Libvirtd } from '../contract/support/libvirt-daemon.ts';
import type { Doings } from './doings.ts';

/** Resolves with how many there were. */
export async function restartAgainAndAgain(
  daemon: Libvirtd,
  doings: Doings,
  restarts: number,
  rounds: number,
): Promise<number> {
  const begun = doings.tally.rounds;
  for (let done = 0; done < restarts; done += 1) {
    await doings.reached(begun + (rounds * (done + 0.5)) / restarts);
    await daemon.stop(done % 2 === 0 ? 'KILL' : 'TERM');
    await daemon.start();
  }
  return restarts;
}
