/** `drover pool orphans`, `drover pool orphans delete`: files that no record names. */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { orphanColumns, orphanQuestion, orphansText } from '../logic/orphan-view.ts';
import { act } from '../shell/act.ts';
import { confirm } from '../shell/confirm.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { printList } from '../shell/print.ts';
import type { Session } from '../shell/session.ts';
import { examples, withWait, withYes } from './options.ts';

export function addPoolOrphans(pools: Command): void {
  const orphans = pools
    .command('orphans')
    .summary('files that no record names')
    .description('Files in a pool of Drover’s naming that no record names; none goes by itself.');
  addList(orphans);
  addDelete(orphans);
}

function addList(orphans: Command): void {
  const command = orphans
    .command('list <pool>', { isDefault: true })
    .summary('what lies there and is nobody’s')
    .description(
      'Lists files of Drover’s naming that no image, volume, VM, snapshot or saved memory is, and no ' +
        'operation under way has. What was changed in the last ten minutes is not among them, nor ' +
        'are files with names of your own. Nothing is changed.',
    );
  examples(command, ['drover pool orphans list vms', 'drover pool orphans list vms -o json']);
  act(command, async (session, { args: [name = ''] }) => {
    const found = await listAll(session, name);
    const isForPeople = session.output === 'table' || session.output === 'wide';
    printList(session, found, {
      columns: orphanColumns(found.items),
      nameOf: ({ file }: api.OrphanBody) => file,
      ifNone: 'There is none.',
    });
    if (isForPeople) session.terminal.err(orphansText(found));
    return exitCodes.done;
  });
}

/** Page by page. */
async function listAll({ client }: Session, pool: string): Promise<api.OrphanList> {
  const items: api.OrphanBody[] = [];
  const silent = new Set<string>();
  for (let after: string | undefined; ;) {
    const query = after === undefined ? {} : { continue: after };
    const page = await client.get('/v1/pools/{pool}/orphans', { path: { pool }, query });
    items.push(...page.items);
    for (const host of page.silent) silent.add(host);
    if (page.continue === undefined) return { items, silent: [...silent] };
    after = page.continue;
  }
}

interface DeleteFlags extends FinishFlags {
  readonly host?: string;
  readonly yes?: boolean;
}

function addDelete(orphans: Command): void {
  const command = withWait(withYes(orphans.command('delete <pool> <file...>').alias('rm')))
    .summary('delete some of them (admin)')
    .description(
      'Deletes files that no record names, one after the other, in the order given. Each is judged ' +
        'anew when it comes to that, by the records, by libvirt on every host that is up, and by ' +
        'locks: what a VM has open, or another file stands on, stays.',
    )
    .option('--host <host>', 'of a pool that each host has for itself');
  examples(command, [
    'drover pool orphans delete vms 6f1c2a52-7d6e-4a8f-9d63-0d3f1f2a9b01-0.qcow2',
  ]);
  act<DeleteFlags>(command, async (session, { args: [name = '', ...files], options }) => {
    const question = orphanQuestion(name, files);
    if (!(await confirm(session, question, options.yes))) return exitCodes.cancelled;
    const query = options.host === undefined ? {} : { host: options.host };
    let worst: ExitCode = exitCodes.done;
    for (const file of files) {
      const path = { pool: name, file };
      const code = await finishOperation(session, options, () =>
        session.client.delete('/v1/pools/{pool}/orphans/{file}', { path, query }),
      );
      if (code !== exitCodes.done) worst = code;
    }
    return worst;
  });
}
