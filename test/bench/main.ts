/**
 * `npm run bench`: what a part of Drover is worth against another that does the same, as ratios measured in
 * one run on this machine.
 */
import { parseArgs } from 'node:util';
import { benchLibvirt, libvirtCases } from './libvirt/bench.ts';
import { table } from './ratio.ts';

const usage = `usage: npm run -s bench -- libvirt [--rounds N] [--only CASE] [--json]

  libvirt      node-libvirt against libvirt's own C client, on a libvirtd of its own in a container.
               Cases: ${libvirtCases.join(', ')}
               Compiles a small C program: needs libvirt-dev, gcc, pkg-config and libvirt-clients.

  --rounds N   pairs of runs for each case, taking turns (7)
  --only CASE  that one alone
  --json       one line of JSON instead of a table

Each figure is the median of ratios within one pair, with the smallest and the largest.`;

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
const rounds = Number(values.rounds);
const { only } = values;
if (positionals[0] !== 'libvirt' || positionals.length > 1) fail(usage);
if (!Number.isInteger(rounds) || rounds < 1) fail(`--rounds ${values.rounds} is no count`);
if (only !== undefined && !libvirtCases.includes(only)) {
  fail(`there is no case ${only}: ${libvirtCases.join(', ')}`);
}

const results = await benchLibvirt({
  rounds,
  only,
  onStep: (text) => console.error(text),
});
console.log(values.json ? JSON.stringify(results) : table(results));
