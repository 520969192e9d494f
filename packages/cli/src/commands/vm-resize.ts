/** `drover vm resize`: more or fewer vCPUs, more or less memory. */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { parseMib } from '../logic/sizes.ts';
import { UsageError } from '../logic/usage-error.ts';
import { parseVcpus } from '../logic/vm-flags.ts';
import { act } from '../shell/act.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { printOne } from '../shell/print.ts';
import type { Session } from '../shell/session.ts';
import { examples, withWait } from './options.ts';

interface ResizeFlags extends FinishFlags {
  readonly vcpus?: string;
  readonly memory?: string;
  readonly atNextStart?: boolean;
  readonly dryRun?: boolean;
}

export function addVmResize(vms: Command): void {
  const command = withWait(
    vms
      .command('resize <vm>')
      .option('--vcpus <number>', 'virtual CPUs')
      .option('--memory <size>', 'such as 512MiB or 2GiB')
      .option('--at-next-start', 'leave it as it runs; it starts so next')
      .option('-n, --dry-run', 'only say what would be done'),
  )
    .summary('give it more or fewer vCPUs, more or less memory')
    .description(
      'Changes the size of a VM. One that runs gets more vCPUs, and more or less memory, at once, as ' +
        'far as it was started with room for (--max-vcpus and --max-memory of “drover vm create”), and ' +
        'if its host has room. Everything else is for --at-next-start. One that is off starts so next.',
    );
  examples(command, [
    'drover vm resize web --vcpus 4',
    'drover vm resize web --memory 2GiB --dry-run',
    'drover vm resize web --vcpus 2 --memory 8GiB --at-next-start',
  ]);
  act<ResizeFlags>(command, (session, { args: [vm = ''], options }) => {
    const asked = { path: { vm }, body: bodyOf(options) };
    return perform(session, asked, options);
  });
}

async function perform(
  session: Session,
  asked: { readonly path: { readonly vm: string }; readonly body: api.VmResize },
  flags: ResizeFlags,
): Promise<ExitCode> {
  const route = '/v1/vms/{vm}/resize';
  if (flags.dryRun !== true) {
    return finishOperation(session, flags, () => session.client.post(route, asked));
  }
  const plan = await session.client.plan('post', route, asked);
  const where = plan.hostId === undefined ? '' : ` on ${plan.hostId}`;
  printOne(session, plan, {
    name: plan.vmName,
    page: [oneLine(`${plan.vmName}${where}: ${plan.what}`)],
  });
  return exitCodes.done;
}

function bodyOf({ vcpus, memory, atNextStart }: ResizeFlags): api.VmResize {
  if (vcpus === undefined && memory === undefined) {
    throw new UsageError('say what it is to have: --vcpus, --memory, or both');
  }
  return {
    ...(vcpus === undefined ? {} : { vcpus: parseVcpus(vcpus) }),
    ...(memory === undefined ? {} : { memoryMib: parseMib(memory) }),
    ...(atNextStart === true ? { atNextStart } : {}),
  };
}
