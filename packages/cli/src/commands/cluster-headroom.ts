/** `drover cluster headroom`: how many hosts may be lost, whose VMs would find no place, how many more fit. */
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { headroomPage } from '../logic/headroom-text.ts';
import { parseCount, parseMib } from '../logic/sizes.ts';
import { UsageError } from '../logic/usage-error.ts';
import { act } from '../shell/act.ts';
import { printOne } from '../shell/print.ts';
import { examples } from './options.ts';

interface Flags {
  readonly vcpus?: number;
  readonly memory?: number;
}

export function addClusterHeadroom(cluster: Command): void {
  const command = cluster
    .command('headroom')
    .option('--vcpus <count>', 'count how many more VMs with so many fit', (text) =>
      parseCount(text, { what: 'number of vcpus', least: 1, most: 1024 }),
    )
    .option('--memory <size>', 'of each of these, such as 2GiB', parseMib)
    .summary('how many hosts may be lost; what else fits')
    .description(
      'Says how many hosts may be lost with every VM started again elsewhere, whose VMs would find ' +
        'no place and why, and with --vcpus and --memory how many more VMs fit: at all, and with ' +
        'each loss borne that is borne now. Touches nothing.',
    );
  examples(command, [
    'drover cluster headroom',
    'drover cluster headroom --vcpus 2 --memory 2GiB',
    "drover cluster headroom -o json | jq '.atRisk'",
  ]);
  act<Flags>(command, async (session, { options }) => {
    const shape = shapeOf(options);
    const query =
      shape === undefined ? {} : { vcpus: `${shape.vcpus}`, memoryMib: `${shape.memoryMib}` };
    const body = await session.client.get('/v1/cluster/headroom', { query });
    const page = headroomPage(body, shape, session.terminal.paint);
    printOne(session, body, { name: `${body.bears}`, page });
    return exitCodes.done;
  });
}

function shapeOf({ vcpus, memory }: Flags) {
  if (vcpus === undefined && memory === undefined) return undefined;
  if (vcpus === undefined || memory === undefined) {
    throw new UsageError('to count how many more VMs fit, give both --vcpus and --memory');
  }
  return { vcpus, memoryMib: memory };
}
