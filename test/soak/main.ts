/**
 * `npm run soak`: starts and stops domains of the test driver by the ten thousand while their daemon is
 * restarted again and again, and judges: no event lost without a `resync`, one `resync` for each restart,
 * nothing left open, no growing heap.
 */
import { parseArgs } from 'node:util';
import { connect } from 'node-libvirt';
import { startLibvirtd } from '../contract/support/libvirt-daemon.ts';
import { Doings } from './doings.ts';
import { leakOf, measure } from './measure.ts';
import { restartAgainAndAgain } from './restarts.ts';

const usage = `usage: npm run -s soak -- [--rounds N] [--restarts N] [--workers N] [--release 'Debian 12']

  --rounds N     starts and stops of domains together, at least 1000 (100000)
  --restarts N   how often the daemon is restarted meanwhile (50)
  --workers N    domains that are started and stopped side by side (4)
  --release R    whose libvirt: 'Debian 12' or 'Debian 13' (Debian 13)

Prints one line of JSON; exits with 1 when anything was lost or leaked, 64 on bad usage.`;

interface Settings {
  readonly rounds: number;
  readonly restarts: number;
  readonly workers: number;
  readonly release: 'Debian 12' | 'Debian 13';
}

function settings(): Settings | undefined {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: 'string', default: '100000' },
        restarts: { type: 'string', default: '50' },
        workers: { type: 'string', default: '4' },
        release: { type: 'string', default: 'Debian 13' },
        help: { type: 'boolean', default: false },
      },
    });
    const [rounds, restarts, workers] = [values.rounds, values.restarts, values.workers].map(
      Number,
    );
    const { release } = values;
    if (values.help || !rounds || rounds < 1000 || !workers) return undefined;
    if (restarts === undefined || !Number.isInteger(restarts)) return undefined;
    if (release !== 'Debian 12' && release !== 'Debian 13') return undefined;
    return { rounds, restarts, workers, release };
  } catch {
    return undefined;
  }
}

async function soak({ rounds, restarts, workers, release }: Settings): Promise<boolean> {
  await using daemon = await startLibvirtd({ release });
  await using libvirt = await connect({
    uri: 'test:///default',
    socketPath: daemon.socketPath,
    firstPauseMs: 20,
    longestPauseMs: 200,
  });
  const begun = performance.now();
  await using doings = await Doings.begin(libvirt, workers);
  // What is allocated once is there after a tenth; what grows from then on is a leak.
  await doings.run(rounds / 10);
  const before = await measure(libvirt);
  const rest = doings.run(rounds - rounds / 10);
  const restarted = await restartAgainAndAgain(daemon, doings, restarts, rounds - rounds / 10);
  await rest;
  const after = await measure(libvirt);
  const leak = leakOf(before, after);
  const seconds = Math.round((performance.now() - begun) / 100) / 10;
  console.log(JSON.stringify({ seconds, restarted, ...doings.tally, before, after, leak }));
  const { lost, resyncs } = doings.tally;
  return leak === undefined && lost === 0 && resyncs === restarted && restarted === restarts;
}

const wanted = settings();
if (wanted === undefined) {
  console.error(usage);
  process.exit(64);
}
process.exitCode = (await soak(wanted)) ? 0 : 1;
