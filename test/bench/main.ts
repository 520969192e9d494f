/**
 * `npm run bench`: what a part of Drover is worth against another that does the same, as ratios measured in
 * one run on this machine.
 */
import { parseArgs } from 'node:util';
import { benchApi } from './api/api.ts';
import { benchCommit } from './control/commit.ts';
import { benchFailover } from './control/failover.ts';
import { benchLoad } from './control/load.ts';
import { benchBalance } from './htools/balance.ts';
import { benchConsolidate } from './htools/consolidate.ts';
import { benchDrain } from './htools/drain.ts';
import type { Goal } from './htools/goal.ts';
import { benchPlace } from './htools/place.ts';
import { benchSchedule } from './htools/schedule.ts';
import { benchPacking } from './packing/packing.ts';
import { benchLibvirt, libvirtCases } from './libvirt/bench.ts';
import { benchNoise } from './noise/noise.ts';
import { benchMigration } from './migration/migration.ts';
import { table } from './ratio.ts';
import { benchStorage } from './storage/storage.ts';
import { benchScale } from './scale/scale.ts';

const usage = `usage: npm run -s bench -- libvirt [--rounds N] [--only CASE] [--json]
       npm run -s bench -- balance | drain | schedule | place | consolidate | packing | scale [--seeds 1,2,3]
       npm run -s bench -- failover | commit | migration | storage | noise
       npm run -s bench -- load [--seconds N]
       npm run -s bench -- api [--hosts 50,1000]

  libvirt      node-libvirt against libvirt's own C client, on a libvirtd of its own in a container.
               Cases: ${libvirtCases.join(', ')}
               Compiles a small C program: needs libvirt-dev, gcc, pkg-config and libvirt-clients.
  balance      planning against Ganeti's hbal: evenness for the same memory moved, and time.
  drain        emptying a host against hbal and the proved optimum.
  schedule     the order of hbal's own moves against the bound of the busiest link.
  place        one VM after the other against hail, with restart room and without, and a mere scan.
  consolidate  fewest hosts against hsqueeze, and rounds of maintenance against hroller.
               These need ganeti-htools.
  packing      a day of VMs that come and go against first fit and best fit.
  scale        how planning grows from 100 hosts to 10000, and what a VM takes in memory.
  failover     how long nobody leads, on a real etcd and NATS with a thousand hosts that are made up; how fast
               heartbeats are taken in. Needs Docker and the lab's images.
  commit       places that etcd has, per second, against single puts of as many clients.
  migration    emptying a host by a drain, by a loop of virsh and by all at once; one VM against a grid of settings;
               forecasts against what was measured. On the lab of the end-to-end tests: never beside them.
  storage      an import, an upload and a thin clone of 1 GiB against cp on the same file system. Needs Docker
               and the lab's images.
  api          places asked for and lists read per second, on clusters that are made up, and OpenStack's placement-api
               on the same hosts. Needs Docker, the lab's images, python3-placement, uwsgi-core and
               uwsgi-plugin-python3.
  noise        ten thousand requests a second by nobody who is known, and slow connections, at the API, while a host is
               drained: the leader, the drain and who is known notice nothing. Ends with 1 where they do.
  load         a thousand hosts and twenty thousand VMs that are made up, fifty who read and ten who place.

               All but libvirt print one line of JSON for each goal.

  --rounds N   pairs of runs for each case, taking turns (7)
  --only CASE  that one alone
  --json       one line of JSON instead of a table
  --seconds N  of load (60)
  --hosts LIST sizes of clusters of the api (50,250,1000), with twenty VMs on each host
  --seeds LIST of the clusters that are made up (1,2,3,4,5)

Each figure of libvirt is the median of ratios within one pair, with the smallest and the largest.`;

type Bench = (seeds: readonly number[], onStep: (text: string) => void) => Promise<readonly Goal[]>;

const planning: Readonly<Record<string, Bench>> = {
  balance: benchBalance,
  drain: benchDrain,
  schedule: benchSchedule,
  place: benchPlace,
  consolidate: benchConsolidate,
  packing: benchPacking,
  scale: benchScale,
  failover: benchFailover,
  commit: benchCommit,
  migration: benchMigration,
  storage: benchStorage,
  noise: benchNoise,
};

function fail(message: string): never {
  console.error(message);
  process.exit(64);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        rounds: { type: 'string', default: '7' },
        only: { type: 'string' },
        json: { type: 'boolean', default: false },
        seeds: { type: 'string', default: '1,2,3,4,5' },
        seconds: { type: 'string', default: '60' },
        hosts: { type: 'string', default: '50,250,1000' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${usage}`);
  }
}

const { values, positionals } = readArguments();
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const [wanted = ''] = positionals;
const onStep = (text: string) => console.error(text);
if (positionals.length !== 1) fail(usage);
const plan = planning[wanted];
if (plan !== undefined) await benchPlanning(plan);
else if (wanted === 'libvirt') await benchClient();
else if (wanted === 'load') await benchUnderLoad();
else if (wanted === 'api') await benchRates();
else fail(usage);

async function benchPlanning(bench: Bench): Promise<void> {
  const seeds = values.seeds.split(',').map(Number);
  if (!seeds.every((seed) => Number.isInteger(seed) && seed >= 0)) {
    fail(`--seeds ${values.seeds} is no list of numbers`);
  }
  for (const goal of await bench(seeds, onStep)) {
    console.log(JSON.stringify(goal));
    // What has to hold, not what is to be reached.
    if (bench === benchNoise && !goal.ok) process.exitCode = 1;
  }
}

async function benchUnderLoad(): Promise<void> {
  const seconds = Number(values.seconds);
  if (!Number.isInteger(seconds) || seconds < 10) fail(`--seconds ${values.seconds} is too short`);
  for (const goal of await benchLoad({ seconds }, onStep)) console.log(JSON.stringify(goal));
}

async function benchRates(): Promise<void> {
  const hosts = values.hosts.split(',').map(Number);
  if (!hosts.every((count) => Number.isInteger(count) && count > 0 && count <= 5_000)) {
    fail(`--hosts ${values.hosts} is no list of sizes`);
  }
  for (const goal of await benchApi(hosts, onStep)) console.log(JSON.stringify(goal));
}

async function benchClient(): Promise<void> {
  const rounds = Number(values.rounds);
  const { only } = values;
  if (!Number.isInteger(rounds) || rounds < 1) fail(`--rounds ${values.rounds} is no count`);
  if (only !== undefined && !libvirtCases.includes(only)) {
    fail(`there is no case ${only}: ${libvirtCases.join(', ')}`);
  }
  const results = await benchLibvirt({ rounds, only, onStep });
  console.log(values.json ? JSON.stringify(results) : table(results));
}
