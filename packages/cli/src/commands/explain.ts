/** `drover explain`: every host’s answer for one VM. */
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { explainText } from '../logic/explain-text.ts';
import { act } from '../shell/act.ts';
import { printOne } from '../shell/print.ts';
import { examples } from './options.ts';

export function addExplain(program: Command): void {
  const command = program
    .command('explain <vm>')
    .summary('which hosts could take a VM, and why not the others')
    .description(
      'Where a VM is, which hosts could take it now with which score, and why the others could ' +
        'not, with numbers.',
    );
  examples(command, ['drover explain web', 'drover explain web -o json']);
  act(command, async (session, { args: [vm = ''] }) => {
    const answer = await session.client.get('/v1/vms/{vm}/explain', { path: { vm } });
    const page = explainText(answer, session.terminal.paint);
    printOne(session, answer, { name: answer.hostId ?? '', page });
    return exitCodes.done;
  });
}
