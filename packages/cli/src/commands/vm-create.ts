/** `drover vm create`: where it would run and why, then the VM, then where it does run. */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { failedText } from '../logic/ended-text.ts';
import { explainText, placementSentence } from '../logic/explain-text.ts';
import { exitCodeOfOperation } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { parseVmFlags, type VmFlags } from '../logic/vm-flags.ts';
import { act } from '../shell/act.ts';
import { type CloudInitFlags, readCloudInit } from '../shell/cloud-init-files.ts';
import type { FinishFlags } from '../shell/finish-operation.ts';
import { beginWaiting, followOperation } from '../shell/follow-operation.ts';
import { nameDisks } from '../shell/name-disks.ts';
import { type Items, printData, printOne } from '../shell/print.ts';
import type { Session } from '../shell/session.ts';
import {
  collect,
  examples,
  withBalance,
  withCloudInit,
  withMigration,
  withWait,
} from './options.ts';

interface CreateFlags extends VmFlags, CloudInitFlags, FinishFlags {
  readonly start: boolean;
  readonly dryRun?: boolean;
}

export function addVmCreate(vms: Command): void {
  const command = withWait(
    withMigration(
      withCloudInit(
        withBalance(
          vms
            .command('create <name>')
            .summary('make a VM and start it on the best host')
            .description(
              'Makes a VM, starts it on the best host, and says which and why; or each host’s refusal, ' +
                'with its numbers.',
            )
            .requiredOption('--memory <size>', 'such as 128MiB or 2GiB')
            .option('--vcpus <number>', 'virtual CPUs', '1')
            .option('--max-memory <size>', 'it can be resized to that while it runs')
            .option('--max-vcpus <number>', 'the same of its virtual CPUs')
            .option(
              '--image <image[,size=…]>',
              'a thin clone of it is the disk: an image’s name, NAME@VERSION, or POOL/FILE (repeatable)',
              collect,
              [],
            )
            .option(
              '--volume <volume>',
              'it is the disk: a volume’s name, or POOL/FILE[,format=raw] (repeatable)',
              collect,
              [],
            )
            .option('--network <bridge[,mac=…]>', 'a card on this bridge (repeatable)', collect, [])
            .option('-l, --label <key=value>', 'repeatable', collect, [])
            .option('--arch <arch>', 'x86_64 or aarch64')
            .option('--machine <type>', 'machine type, as QEMU calls it: q35, pc-q35-8.2')
            .option('--no-start', 'only define it')
            .option('-n, --dry-run', 'only say where it would run, and why'),
        ),
      ),
    ),
  );
  examples(command, [
    'drover vm create web --memory 2GiB --image debian-13,size=20GiB \\\n      --network br-guest',
    'drover vm create tiny --memory 128MiB --image vms/tiny.qcow2 \\\n      --network br-guest',
    'drover vm create db --memory 4GiB --vcpus 2 \\\n      --volume vms/db.raw,format=raw \\\n      --network br-guest,mac=52:54:00:00:00:01 -l tier=data',
    'drover vm create app --memory 2GiB --image vms/debian-13.qcow2 \\\n      --network br-guest --cloud-init user.yaml --ssh-key ~/.ssh/id_ed25519.pub',
    'drover vm create big --memory 1TiB --dry-run',
  ]);
  act<CreateFlags>(command, async (session, { args: [name = ''], options }) => {
    const named = await nameDisks(session, options);
    const body = withCloudInitOf(parseVmFlags(name, named), options);
    return options.dryRun === true ? ask(session, body) : create(session, body, options);
  });
}

/** Read only where the rest is right. */
function withCloudInitOf(body: api.VmCreate, flags: CreateFlags): api.VmCreate {
  const cloudInit = readCloudInit(flags);
  return cloudInit === undefined ? body : { ...body, spec: { ...body.spec, cloudInit } };
}

async function ask(session: Session, { spec }: api.VmCreate): Promise<ExitCode> {
  const answer = await placements(session, spec);
  const [placement] = answer.items;
  if (session.output === 'data') printData(session, answer);
  else if (session.output === 'name')
    session.terminal.out([placement?.hostId ?? ''].filter(Boolean));
  else if (placement !== undefined)
    session.terminal.out(explainText(placement, session.terminal.paint));
  return placement?.type === 'placed' ? exitCodes.done : exitCodes.refused;
}

function placements(
  session: Session,
  asked: api.VmCreate['spec'],
): Promise<Items<api.PlacementBody>> {
  const { cloudInit: _, ...spec } = asked;
  const body: api.PlacementAsk = { spec };
  return session.client.post('/v1/placements', { body });
}

async function create(session: Session, body: api.VmCreate, flags: CreateFlags): Promise<ExitCode> {
  const { client, terminal } = session;
  const waiting = beginWaiting(session, flags);
  try {
    // Asked before, because the reasons are those of the moment; a nicety, so it may fail.
    const before =
      flags.start && flags.wait
        ? await placements(session, body.spec).catch(() => undefined)
        : undefined;
    const created = await client.post('/v1/vms', {
      body: flags.start ? body : { ...body, start: false },
    });
    const { operation } = created;
    if (operation === undefined || !flags.wait) {
      const how = operation === undefined ? 'defined; start it with' : 'asked for; wait with';
      const next =
        operation === undefined ? `vm start ${created.vm.name}` : `operation wait ${operation.id}`;
      const page = [oneLine(`${created.vm.name} is ${how}: drover ${next}`)];
      printOne(session, flags.start ? created : created.vm, { name: created.vm.name, page });
      return exitCodes.done;
    }
    const followed = await followOperation(session, waiting, operation);
    if (followed.type === 'left') return followed.exitCode;
    const ended = followed.operation;
    const vm = await waiting.ask((signal) =>
      client.get('/v1/vms/{vm}', { path: { vm: created.vm.id }, signal }),
    );
    const runsOn = vm.hostId ?? ended.target;
    const sentence = placementSentence(before?.items[0], runsOn);
    const page =
      ended.state === 'succeeded'
        ? [
            oneLine(`${vm.name} runs on ${runsOn ?? 'a host that is not known yet'}`),
            ...(sentence === undefined ? [] : [`  why: ${sentence}`]),
            ...vm.macs.map((mac) => oneLine(`  MAC ${mac}`)),
          ]
        : [];
    printOne(session, vm, { name: vm.name, page });
    if (ended.state !== 'succeeded') {
      terminal.err([
        ...failedText(ended),
        `  ${oneLine(vm.name)} is defined and stopped: “drover vm start ${oneLine(vm.name)}” tries again, “drover vm delete ${oneLine(vm.name)}” removes it`,
      ]);
    }
    return exitCodeOfOperation(ended);
  } finally {
    waiting.end();
  }
}
