/** `drover plan`: what balancing would move now, and why. */
import type { Command } from 'commander';
import { balancePlanText } from '../logic/balance-view.ts';
import { oneLine } from '../logic/harmless.ts';
import { exitCodes } from '../logic/exit-code.ts';
import { act } from '../shell/act.ts';
import { printOne } from '../shell/print.ts';
import { examples } from './options.ts';

export function addPlan(program: Command): void {
  const command = program
    .command('plan')
    .summary('what balancing would move now, and why')
    .description(
      'What would be moved now to make the cluster more even, and why; or why nothing. The hosts ' +
        'are asked whether it can be; nothing is touched. Exit code 0: nothing to move; 2: there is.',
    );
  examples(command, ['drover plan', 'drover plan -o json']);
  act(command, async (session) => {
    const plan = await session.client.post('/v1/balance/plan');
    const name = plan.moves.map((move) => oneLine(move.vmName)).join(' ');
    printOne(session, plan, { name, page: balancePlanText(plan, session.terminal.paint) });
    return plan.moves.length === 0 ? exitCodes.done : exitCodes.changes;
  });
}
