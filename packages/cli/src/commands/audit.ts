/** `drover audit` */
import type { api } from '@drover/protocol';
import { type Command, Option } from 'commander';
import { auditColumns } from '../logic/access-view.ts';
import { exitCodes } from '../logic/exit-code.ts';
import { act } from '../shell/act.ts';
import { printList } from '../shell/print.ts';
import { examples } from './options.ts';

interface AuditFlags {
  readonly by?: string;
  readonly outcome?: api.AuditEntry['outcome'];
  readonly limit: string;
}

export function addAudit(program: Command): void {
  const command = program
    .command('audit')
    .summary('who changed what, and who was denied (admin)')
    .description(
      'Each change and each denial, newest first, as the API process that answers has them; ' +
        'where several run, ask each.',
    )
    .option('--by <name>', 'of one token or person only')
    .addOption(
      new Option('--outcome <outcome>', 'only what ended so').choices([
        'done',
        'denied',
        'refused',
      ]),
    )
    .option('--limit <count>', 'so many, at most 1000', '50');
  examples(command, ['drover audit', 'drover audit --outcome denied --limit 200']);
  act<AuditFlags>(command, async (session, { options: { by, outcome, limit } }) => {
    const answer = await session.client.get('/v1/audit', {
      query: {
        limit,
        ...(by === undefined ? {} : { by }),
        ...(outcome === undefined ? {} : { outcome }),
      },
    });
    printList(session, answer, {
      columns: auditColumns((ms) => new Date(ms).toISOString()),
      nameOf: ({ id }) => String(id),
      ifNone: 'Nothing was changed or denied yet that this API process knows of.',
    });
    return exitCodes.done;
  });
}
