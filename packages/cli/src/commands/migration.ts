/** `drover migration list|abort` */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { migrationColumns } from '../logic/operation-view.ts';
import { act } from '../shell/act.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import type { Items } from '../shell/print.ts';
import { listOrWatch } from '../shell/watch-list.ts';
import { examples, withWait, withWatch } from './options.ts';

export function addMigrationList(migrations: Command): void {
  const command = withWatch(migrations.command('list').alias('ls'))
    .summary('moves that are under way')
    .description('Moves that are under way, with their progress.');
  examples(command, ['drover migration list --watch']);
  act<{ watch?: boolean }>(command, (session, { options }) =>
    listOrWatch(session, options.watch === true, () => ({
      columns: migrationColumns,
      nameOf: (one: api.MigrationBody) => one.operationId,
      ifNone: 'Nothing moves at the moment.',
      read: (signal) => session.client.get<Items<api.MigrationBody>>('/v1/migrations', signal),
    })),
  );
}

export function addMigrationAbort(migrations: Command): void {
  const command = withWait(migrations.command('abort <operation>'))
    .summary('abort one; the VM runs on where it is')
    .description('Aborts a move. The VM runs on where it is.');
  examples(command, ['drover migration abort 01K…']);
  act<FinishFlags>(command, async (session, { args: [id = ''], options }) => {
    const exitCode = await finishOperation(session, options, () =>
      session.client.delete<api.OperationBody>(`/v1/migrations/${encodeURIComponent(id)}`),
    );
    if (!options.wait || exitCode !== exitCodes.done) {
      // Cancelled is what was asked for here.
      return exitCode === exitCodes.cancelled ? exitCodes.done : exitCode;
    }
    session.terminal.err(['It had ended before it could be aborted.']);
    return exitCodes.refused;
  });
}
