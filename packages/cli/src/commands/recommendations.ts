/** `drover recommendations list|show|apply|dismiss` */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { recommendationColumns, recommendationPage } from '../logic/balance-view.ts';
import { parseDurationMs } from '../logic/durations.ts';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { act } from '../shell/act.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { printOne } from '../shell/print.ts';
import { listOrWatch } from '../shell/watch-list.ts';
import { examples, withWait, withWatch } from './options.ts';

const route = '/v1/recommendations/{recommendation}';

export function addRecommendations(program: Command): void {
  const recommendations = program
    .command('recommendations')
    .alias('recommendation')
    .description('list, show, apply, dismiss moves that are proposed');
  addList(recommendations);
  addShow(recommendations);
  addApply(recommendations);
  addDismiss(recommendations);
}

function addList(recommendations: Command): void {
  const command = withWatch(recommendations.command('list').alias('ls'))
    .summary('moves that would make the cluster more even')
    .description(
      'Moves that would make the cluster more even, in the order to make them in. With -o wide: ' +
        'what each costs.',
    );
  examples(command, ['drover recommendations list', 'drover recommendations list -o wide']);
  act<{ watch?: boolean }>(command, (session, { options }) =>
    listOrWatch(session, options.watch === true, (nowMs) => ({
      columns: recommendationColumns(nowMs),
      nameOf: (one: api.RecommendationBody) => one.id,
      ifNone: 'Nothing is recommended. “drover balance show” says why.',
      read: (signal) => session.client.list('/v1/recommendations', { signal }),
    })),
  );
}

function addShow(recommendations: Command): void {
  const command = recommendations
    .command('show <recommendation>')
    .summary('one of them: why, what it does, what it costs')
    .description('One of them: why, what it does and costs, and why no other host.');
  examples(command, ['drover recommendations show 1f6c02a9be']);
  act(command, async (session, { args: [id = ''] }) => {
    const one = await session.client.get(route, { path: { recommendation: id } });
    printOne(session, one, { name: one.id, page: recommendationPage(one, Date.now()) });
    return exitCodes.done;
  });
}

function addApply(recommendations: Command): void {
  const command = withWait(recommendations.command('apply <recommendation>'))
    .summary('make the move')
    .description(
      'Makes the move that is recommended, live. It is checked once more before anything moves.\n\n' +
        'Ctrl-C detaches; “drover migration abort” aborts.',
    );
  examples(command, ['drover recommendations apply 1f6c02a9be']);
  act<FinishFlags>(command, (session, { args: [id = ''], options }) =>
    finishOperation(session, options, () =>
      session.client.post(`${route}/apply`, { path: { recommendation: id } }),
    ),
  );
}

function addDismiss(recommendations: Command): void {
  const command = recommendations
    .command('dismiss <recommendation>')
    .option('--for <duration>', 'a week unless said otherwise, such as 8h', parseDurationMs)
    .summary('leave that VM alone for a while')
    .description(
      'It is not recommended again for a while, and its VM is not moved for balance meanwhile, to ' +
        'whatever host.',
    );
  examples(command, ['drover recommendations dismiss 1f6c02a9be --for 8h']);
  act<{ for?: number }>(command, async (session, { args: [id = ''], options }) => {
    const minutes = options.for === undefined ? undefined : Math.ceil(options.for / 60_000);
    const body = minutes === undefined ? {} : { minutes };
    const balance = await session.client.post(`${route}/dismiss`, {
      path: { recommendation: id },
      body,
    });
    const vm = balance.dismissed.find((one) => one.id === id)?.vmName ?? 'its VM';
    printOne(session, balance, { name: id, page: [`${oneLine(vm)} is left alone for that time.`] });
    return exitCodes.done;
  });
}
