/**
 * `npm run fuzz`: garbage by the million for the decoder of libvirt's protocol.
 */
import { parseArgs } from 'node:util';
import { fuzz } from './run.ts';

const usage = `usage: npm run -s fuzz -- [--packets N] [--seed N]

  --packets N   mutated packets (1000000)
  --seed N      where the random numbers begin (another each time; printed)

Ends with one line of JSON, and 1 when a packet met anything but a clean refusal or a value, when one took
longer than a second, or when memory grew by more than 256 MiB.`;

function fail(message: string): never {
  console.error(message);
  process.exit(64);
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        packets: { type: 'string', default: '1000000' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return values;
  } catch (error) {
    return fail(`${(error as Error).message}\n\n${usage}`);
  }
}

const values = readArguments();
if (values.help) {
  console.log(usage);
  process.exit(0);
}
const packets = Number(values.packets);
const seed = Number(values.seed);
if (!Number.isInteger(packets) || packets < 1) fail(`--packets ${values.packets} is no count`);
if (!Number.isInteger(seed)) fail(`--seed ${values.seed} is no whole number`);
const report = fuzz(seed, packets);
console.log(JSON.stringify(report));
process.exitCode = report.slowestMs > 1000 || report.grownMib > 256 ? 1 : 0;
