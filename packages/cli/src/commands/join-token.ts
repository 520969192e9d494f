/** `drover join-token create|list|revoke` */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { parseExpiry } from '../logic/access-view.ts';
import { exitCodes } from '../logic/exit-code.ts';
import { joinTokenColumns } from '../logic/join-view.ts';
import { UsageError } from '../logic/usage-error.ts';
import { act } from '../shell/act.ts';
import { printOne } from '../shell/print.ts';
import { listOrWatch } from '../shell/watch-list.ts';
import { collect, examples, withWatch } from './options.ts';

interface CreateFlags {
  readonly host?: string;
  readonly address: readonly string[];
  readonly expires: string;
}

export function addJoinTokenCreate(tokens: Command): void {
  const command = tokens
    .command('create')
    .summary('make one, with which one host joins once (admin)')
    .description(
      'Makes a token with which one host joins the cluster, once. It is the last line on stdout and ' +
        'is shown this once. On the host: drover-agent join TOKEN. It carries where the API is, and ' +
        'by which certificate that is known; its secret goes over no network.',
    )
    .option('--host <name>', 'the only host that may use it; needed for one that is known already')
    .option('--expires <time>', 'such as 1h or 2d, a week at most', '1h')
    .option(
      '--address <url>',
      'where the host finds the API, if not as configured; several times',
      collect,
      [],
    );
  examples(command, [
    'drover join-token create',
    'drover join-token create --host h4 --expires 2d',
    'drover join-token create --address https://10.0.0.2:8440 -o name',
  ]);
  act<CreateFlags>(command, async (session, { options }) => {
    const { host, address, expires } = options;
    const expiresInSeconds = parseExpiry(expires);
    if (expiresInSeconds === undefined) {
      throw new UsageError('a join token has an end: give a time such as 1h or 2d, a week at most');
    }
    const made = await session.client.post('/v1/join/tokens', {
      body: {
        ...(host === undefined ? {} : { host }),
        expiresInSeconds,
        ...(address.length === 0 ? {} : { addresses: [...address] }),
      },
    });
    const token = made.token ?? '';
    if (session.output === 'table' || session.output === 'wide') {
      const whom = host === undefined ? 'any new host' : host;
      session.terminal.err([
        `for ${whom}, good once, for ${expires}. On that machine, as root:`,
        '  drover-agent join TOKEN',
        'with the token, shown this once:',
      ]);
    }
    printOne(session, made, { name: token, page: [token] });
    return exitCodes.done;
  });
}

export function addJoinTokenList(tokens: Command): void {
  const command = withWatch(tokens.command('list').alias('ls'))
    .summary('all of them, and what became of each (admin)')
    .description('Join tokens of the last week: open, used by which host, expired.');
  examples(command, ['drover join-token list', 'drover join-token list --watch']);
  act<{ watch?: boolean }>(command, (session, { options }) =>
    listOrWatch(session, options.watch === true, (nowMs) => ({
      columns: joinTokenColumns(nowMs),
      nameOf: (token: api.JoinTokenBody) => token.id,
      ifNone: 'There is no join token. Make one with “drover join-token create”.',
      read: (signal) => session.client.list('/v1/join/tokens', { signal }),
    })),
  );
}

export function addJoinTokenRevoke(tokens: Command): void {
  const command = tokens
    .command('revoke <id>')
    .summary('no host joins with it any more (admin)')
    .description('Revokes a join token. A host that has joined with it stays.');
  examples(command, ['drover join-token revoke 6f1c2a52-7d6e-4a8f-9d63-0d3f1f2a9b01']);
  act(command, async (session, { args: [id = ''] }) => {
    const gone = await session.client.delete('/v1/join/tokens/{id}', { path: { id } });
    printOne(session, gone, { name: gone.id, page: [`join token ${gone.id} is revoked`] });
    return exitCodes.done;
  });
}
