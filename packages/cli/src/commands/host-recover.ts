/** `drover host recover`: a person's word that a host is off; its VMs start elsewhere. */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { act } from '../shell/act.ts';
import { confirm } from '../shell/confirm.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { examples, withWait, withYes } from './options.ts';

interface RecoverFlags extends FinishFlags {
  readonly yes?: boolean;
  readonly despiteMassLoss?: boolean;
}

export function addHostRecover(hosts: Command): void {
  const command = withWait(
    withYes(
      hosts
        .command('recover <host>')
        .option('--despite-mass-loss', 'though so many hosts are down that it may be the network'),
    ),
  )
    .summary('it is off: start its VMs elsewhere')
    .description(
      'Says that a host is off, and starts its VMs on other hosts. Drover does not start them by ' +
        'itself: a host that is silent may still run them. The host has to be down, and when it is ' +
        'heard again it takes no VMs before the copies that it may still run are gone.',
    );
  examples(command, ['drover host recover h2', 'drover host recover h2 --yes --timeout 10m']);
  act<RecoverFlags>(command, async (session, { args: [host = ''], options }) => {
    const name = oneLine(host);
    const question = `Is the power of ${name} off? If it still runs, its VMs run twice, and their disks are damaged. Start them elsewhere?`;
    if (!(await confirm(session, question, options.yes))) return exitCodes.cancelled;
    const body: api.RecoveryStart = {
      confirm: host,
      ...(options.despiteMassLoss === true ? { despiteMassLoss: true } : {}),
    };
    return finishOperation(session, options, () =>
      session.client.post('/v1/hosts/{host}/recover', { path: { host }, body }),
    );
  });
}
