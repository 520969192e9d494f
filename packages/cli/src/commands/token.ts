/** `drover token create|list|revoke` */
import type { api } from '@drover/protocol';
import { type Command, Option } from 'commander';
import { parseExpiry, tokenColumns } from '../logic/access-view.ts';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { act } from '../shell/act.ts';
import { printOne } from '../shell/print.ts';
import { listOrWatch } from '../shell/watch-list.ts';
import { collect, examples, withWatch } from './options.ts';

const roles = ['viewer', 'operator', 'admin'] as const;

interface CreateFlags {
  readonly role: api.TokenCreate['role'];
  readonly scope: readonly string[];
  readonly expires: string;
}

export function addTokenList(tokens: Command): void {
  const command = withWatch(tokens.command('list').alias('ls'))
    .summary('all tokens that are kept (admin)')
    .description(
      'Tokens that were made with “drover token create”, and the sessions of people who are logged ' +
        'in. Those of the API’s configuration are listed there.',
    );
  examples(command, ['drover token list', 'drover token list -o wide']);
  act<{ watch?: boolean }>(command, (session, { options }) =>
    listOrWatch(session, options.watch === true, (nowMs) => ({
      columns: tokenColumns(nowMs),
      nameOf: (token: api.TokenBody) => token.name,
      ifNone: 'No token is kept. Make one with “drover token create”.',
      read: (signal) => session.client.list('/v1/tokens', { signal }),
    })),
  );
}

export function addTokenCreate(tokens: Command): void {
  const command = tokens
    .command('create <name>')
    .summary('make one; its secret is shown this once (admin)')
    .description(
      'Makes a token that never has more than the one it is made with. Its secret is the last line ' +
        'on stdout, and is shown this once: the API keeps only what SHA-256 makes of it.',
    )
    .addOption(new Option('--role <role>', 'what it may').choices(roles).makeOptionMandatory())
    .option('--scope <scope>', 'only this, such as vms or vms:read; several times', collect, [])
    .option('--expires <time>', 'such as 90d, 12h or never', '90d');
  examples(command, [
    'drover token create ci --role operator --expires 30d',
    'drover token create board --role viewer --scope vms:read \\\n      --expires never -o name > token',
  ]);
  act<CreateFlags>(command, async (session, { args: [name = ''], options }) => {
    const { role, scope, expires } = options;
    const expiresInSeconds = parseExpiry(expires);
    const made = await session.client.post('/v1/tokens', {
      body: {
        name,
        role,
        ...(scope.length === 0 ? {} : { scopes: [...scope] }),
        ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
      },
    });
    const secret = made.secret ?? '';
    if (session.output === 'table' || session.output === 'wide') {
      session.terminal.err([`token ${oneLine(made.token.name)} (${role}); its secret, this once:`]);
    }
    printOne(session, made, { name: secret, page: [secret] });
    return exitCodes.done;
  });
}

export function addTokenRevoke(tokens: Command): void {
  const command = tokens
    .command('revoke <token>')
    .summary('it is good for nothing from then on (admin)')
    .description('Revokes a token, by name or id, and with it those that were made with it.');
  examples(command, ['drover token revoke ci']);
  act(command, async (session, { args: [ref = ''] }) => {
    const token = await session.client.delete('/v1/tokens/{token}', { path: { token: ref } });
    const name = oneLine(token.name);
    printOne(session, token, { name, page: [`token ${name} is revoked`] });
    return exitCodes.done;
  });
}
