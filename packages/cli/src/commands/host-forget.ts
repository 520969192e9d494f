/** `drover host forget`: a host that is gone for good is named no more, and its key is good for nothing. */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { act } from '../shell/act.ts';
import { confirm } from '../shell/confirm.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { printOne } from '../shell/print.ts';
import type { Session } from '../shell/session.ts';
import { examples, withWait, withYes } from './options.ts';

interface ForgetFlags extends FinishFlags {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

const route = '/v1/hosts/{host}';

export function addHostForget(hosts: Command): void {
  const command = withWait(
    withYes(
      hosts.command('forget <host>').option('-n, --dry-run', 'only say whether it would be taken'),
    ),
  )
    .summary('it is gone for good: name it no more')
    .description(
      'Forgets a host that is gone for good: no list has it any more, and the key that it joined ' +
        'with is good for nothing. Drain it and stop its agent first; where it is lost, “drover ' +
        'host recover” starts its VMs elsewhere. One that is to come back joins with a new token.',
    );
  examples(command, ['drover host forget h4 --dry-run', 'drover host forget h4 --yes']);
  act<ForgetFlags>(command, async (session, { args: [host = ''], options }) => {
    const path = { host };
    if (options.dryRun === true) {
      return showRehearsal(session, host, await session.client.rehearse('delete', route, { path }));
    }
    const question = `Forget ${oneLine(host)}? It comes back only with a new join token.`;
    if (!(await confirm(session, question, options.yes))) return exitCodes.cancelled;
    return finishOperation(session, options, () => session.client.delete(route, { path }));
  });
}

function showRehearsal(session: Session, host: string, rehearsal: api.Rehearsal): ExitCode {
  const name = oneLine(host);
  const hasKey = rehearsal.changes.some(({ what }) => what === 'host-key');
  const key = hasKey ? ', and the key that it joined with would be good for nothing' : '';
  printOne(session, rehearsal, { name: host, page: [`${name} would be forgotten${key}`] });
  return exitCodes.done;
}
