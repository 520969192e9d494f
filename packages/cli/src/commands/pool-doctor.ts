/** `drover pool doctor`: all hosts look at a pool together, and say what protects it. */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { doctorPage } from '../logic/pool-view.ts';
import { act } from '../shell/act.ts';
import { type FinishFlags, finishOperation, printEnded } from '../shell/finish-operation.ts';
import { printOne } from '../shell/print.ts';
import type { Session } from '../shell/session.ts';
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
    const path = { pool: name };
    const begin = () => session.client.post('/v1/pools/{pool}/doctor', { path });
    return finishOperation(session, options, begin, {
      end: (_, operation) => printFindings(session, name, operation),
    });
  });
}

async function printFindings(
  session: Session,
  name: string,
  operation: api.OperationBody,
): Promise<ExitCode> {
  if (operation.state !== 'succeeded') return printEnded(session, operation);
  const { doctor } = await session.client.get('/v1/pools/{pool}', { path: { pool: name } });
  if (doctor === undefined) return exitCodes.failed;
  printOne(session, doctor, { name, page: doctorPage(doctor, session.terminal.paint) });
  const isBad = doctor.findings.some(({ level }) => level === 'bad');
  return isBad ? exitCodes.refused : exitCodes.done;
}
