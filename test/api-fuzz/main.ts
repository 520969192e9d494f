/** `npm run -s fuzz:api`: requests by the ten thousand against the API, drawn from its OpenAPI file. */
import { parseArgs } from 'node:util';
import { fuzz } from './run.ts';

const usage = `usage: npm run -s fuzz:api -- [--requests N] [--seed N]

  --requests N  requests, one after the other (50000)
  --seed N      where the random numbers begin (another each time; printed)

Ends with one line of JSON, and 1 when an answer was not one that the OpenAPI file describes, was a defect, told a
secret or took more than a second of CPU, or when the API warned of something or the simulated cluster behind it broke.`;

function fail(message: string): never {
  console.error(message);
  process.exit(64);
}

function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        requests: { type: 'string', default: '50000' },
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
const requests = Number(values.requests);
const seed = Number(values.seed);
if (!Number.isInteger(requests) || requests < 1) fail(`--requests ${values.requests} is no count`);
if (!Number.isInteger(seed)) fail(`--seed ${values.seed} is no whole number`);
const onProgress = (done: number) => console.error(`${done} requests`);
const { findings, ...report } = await fuzz({ seed, requests, onProgress });
for (const finding of findings) {
  console.error(`request ${finding.number} ${finding.what}\n  ${finding.request}`);
  console.error(`  ${finding.answer}`);
}
console.log(JSON.stringify({ ...report, findings: findings.length }));
process.exit(findings.length === 0 ? 0 : 1);
