/** `drover pool doctor`: all hosts look at a pool together, and say what protects it. */
import type { Command } from 'commander';
import { failedText } from '../logic/ended-text.ts';
import { exitCodeOfOperation, exitCodes } from '../logic/exit-code.ts';
import { doctorPage } from '../logic/pool-view.ts';
import { act } from '../shell/act.ts';
import { type FinishFlags, printBegun } from '../shell/finish-operation.ts';
import { beginWaiting, followOperation } from '../shell/follow-operation.ts';
import { printJson, printOne } from '../shell/print.ts';
import { examples, withWait } from './options.ts';

export function addPoolDoctor(pools: Command): void {
  const command = withWait(pools.command('doctor <pool>'))
    .summary('let all hosts look at it together')
    .description(
      'Asks every host that is up: what is mounted there, may QEMU’s user make files and read those ' +
        'of other hosts, and does the next host see a lock that QEMU takes here? Ends in findings ' +
        'with remedies, and in what protects the pool; exit code 4 where something is bad. It makes ' +
        'small files in .drover/doctor of the pool, and removes them.',
    );
  examples(command, ['drover pool doctor vms', 'drover pool doctor vms -o json']);
  act<FinishFlags>(command, async (session, { args: [name = ''], options }) => {
    const waiting = beginWaiting(session, options);
    try {
      const path = { pool: name };
      const begun = await session.client.post('/v1/pools/{pool}/doctor', { path });
      if (!options.wait) return printBegun(session, begun);
      const followed = await followOperation(session, waiting, begun);
      if (followed.type === 'left') return followed.exitCode;
      const { operation } = followed;
      if (operation.state !== 'succeeded') {
        if (session.output === 'json') printJson(session, operation);
        session.terminal.err(failedText(operation));
        return exitCodeOfOperation(operation);
      }
      const { doctor } = await session.client.get('/v1/pools/{pool}', { path });
      if (doctor === undefined) return exitCodes.failed;
      printOne(session, doctor, { name, page: doctorPage(doctor, session.terminal.paint) });
      const isBad = doctor.findings.some(({ level }) => level === 'bad');
      return isBad ? exitCodes.refused : exitCodes.done;
    } finally {
      waiting.end();
    }
  });
}
