/** `drover operation list|show|wait` */
import { type api, operationStates, operationTypes } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { operationColumns, operationPage } from '../logic/operation-view.ts';
import { parseCount } from '../logic/sizes.ts';
import { UsageError } from '../logic/usage-error.ts';
import { act } from '../shell/act.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { driveDrain } from '../shell/follow-drain.ts';
import type { WaitFlags } from '../shell/follow-operation.ts';
import { printOne } from '../shell/print.ts';
import { listOrWatch } from '../shell/watch-list.ts';
import { examples, withPatience, withWait, withWatch } from './options.ts';

interface ListFlags {
  readonly watch?: boolean;
  readonly limit: number;
  readonly state?: api.OperationBody['state'];
  readonly type?: api.OperationBody['type'];
}

/** Commander’s own check of choices would name them too, but not say what else was wrong. */
function oneOf(what: string, choices: readonly string[]) {
  return (text: string): string => {
    if (choices.includes(text)) return text;
    throw new UsageError(`“${text}” is no ${what}: give ${choices.join(', ')}`);
  };
}

export function addOperationList(operations: Command): void {
  const command = withWatch(operations.command('list').alias('ls'))
    .summary('what was asked for, newest first')
    .description('Operations, newest first: what was asked for, where it is, how it ended.')
    .option(
      '--limit <number>',
      'how many',
      (text) => parseCount(text, { what: 'limit', least: 1, most: 1000 }),
      20,
    )
    .option('--state <state>', operationStates.join(', '), oneOf('state', operationStates))
    .option('--type <type>', operationTypes.join(', '), oneOf('type', operationTypes));
  examples(command, [
    'drover operation list',
    'drover operation list --type drain --state blocked',
  ]);
  act<ListFlags>(command, (session, { options }) => {
    const { state, type } = options;
    const query = {
      limit: `${options.limit}`,
      ...(state === undefined ? {} : { state }),
      ...(type === undefined ? {} : { type }),
    };
    return listOrWatch(session, options.watch === true, (nowMs) => ({
      columns: operationColumns(nowMs),
      nameOf: (operation: api.OperationBody) => operation.id,
      ifNone: 'No such operation is kept.',
      read: (signal) => session.client.get('/v1/operations', { query, signal }),
    }));
  });
}

export function addOperationShow(operations: Command): void {
  const command = operations
    .command('show <operation>')
    .summary('one operation')
    .description('One operation: step, reason, error, and for drains each VM.');
  examples(command, ['drover operation show 01K…']);
  act(command, async (session, { args: [id = ''] }) => {
    const operation = await session.client.get('/v1/operations/{operation}', {
      path: { operation: id },
    });
    printOne(session, operation, {
      name: operation.id,
      page: operationPage(operation, Date.now()),
    });
    return exitCodes.done;
  });
}

export function addOperationCancel(operations: Command): void {
  const command = withWait(operations.command('cancel <operation>'))
    .summary('end one on an image or a volume')
    .description(
      'Ends an operation on an image or a volume; nothing is left of what it was to make. A drain is ' +
        'cancelled with “drover host drain HOST --cancel”, a move with “drover migration abort”.',
    );
  examples(command, ['drover operation cancel 01K…']);
  act<FinishFlags>(command, async (session, { args: [id = ''], options }) => {
    const exitCode = await finishOperation(session, options, () =>
      session.client.delete('/v1/operations/{operation}', { path: { operation: id } }),
    );
    if (!options.wait || exitCode !== exitCodes.done) {
      // Cancelled is what was asked for here.
      return exitCode === exitCodes.cancelled ? exitCodes.done : exitCode;
    }
    session.terminal.err(['It had ended before it could be cancelled.']);
    return exitCodes.refused;
  });
}

export function addOperationWait(operations: Command): void {
  const command = withPatience(operations.command('wait <operation>'))
    .summary('wait for its end; the exit code says how')
    .description('Follows an operation to its end. The exit code says how it ended.');
  examples(command, ['drover operation wait 01K… --timeout 10m']);
  act<WaitFlags>(command, async (session, { args: [id = ''], options }) => {
    const operation = await session.client.get('/v1/operations/{operation}', {
      path: { operation: id },
    });
    const isDrain = operation.type === 'drain' || operation.type === 'restore';
    const follow = isDrain ? driveDrain : finishOperation;
    return follow(session, { ...options, wait: true }, () => Promise.resolve(operation));
  });
}
