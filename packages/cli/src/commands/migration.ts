/** `drover migration list|show|abort` */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { migrationPage } from '../logic/migration-view.ts';
import { migrationColumns } from '../logic/operation-view.ts';
import { UsageError } from '../logic/usage-error.ts';
import { act } from '../shell/act.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { printOne } from '../shell/print.ts';
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
      read: (signal) => session.client.list('/v1/migrations', { signal }),
    })),
  );
}

export function addMigrationShow(migrations: Command): void {
  const command = migrations
    .command('show <operation>')
    .summary('how one went: rounds, bytes, pause')
    .description(
      'One move: what was expected of it, how it went round by round, what was done about it, ' +
        'and the policy that it was made by.',
    );
  examples(command, ['drover migration show 01K…']);
  act(command, async (session, { args: [id = ''] }) => {
    const operation = await session.client.get('/v1/operations/{operation}', {
      path: { operation: id },
    });
    if (operation.type !== 'migrate') {
      throw new UsageError(
        `operation ${id} is a ${operation.type}, not a migration; see “drover operation show”`,
      );
    }
    printOne(session, operation, {
      name: operation.id,
      page: migrationPage(operation, Date.now(), session.terminal.paint),
    });
    return exitCodes.done;
  });
}

export function addMigrationAbort(migrations: Command): void {
  const command = withWait(migrations.command('abort <operation>'))
    .summary('abort one; the VM runs on where it is')
    .description('Aborts a move. The VM runs on where it is.');
  examples(command, ['drover migration abort 01K…']);
  act<FinishFlags>(command, async (session, { args: [id = ''], options }) => {
    const exitCode = await finishOperation(session, options, () =>
      session.client.delete('/v1/migrations/{operation}', { path: { operation: id } }),
    );
    if (!options.wait || exitCode !== exitCodes.done) {
      // Cancelled is what was asked for here.
      return exitCode === exitCodes.cancelled ? exitCodes.done : exitCode;
    }
    session.terminal.err(['It had ended before it could be aborted.']);
    return exitCodes.refused;
  });
}
