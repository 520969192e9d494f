/** `drover vm migrate` */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { act } from '../shell/act.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { examples, type MigrationFlags, vmPath, withMigration, withWait } from './options.ts';

type MigrateFlags = FinishFlags & MigrationFlags & { readonly to?: string };

export function addVmMigrate(vms: Command): void {
  const command = withWait(
    withMigration(
      vms.command('migrate <vm>').option('--to <host>', 'this host; otherwise the best one'),
    ),
  )
    .summary('move a running VM live')
    .description(
      'Moves a running VM to another host, live. If it fails, the VM runs on where it was.\n\n' +
        'Ctrl-C detaches; “drover migration abort” aborts.',
    );
  examples(command, [
    'drover vm migrate web',
    'drover vm migrate web --to h3',
    'drover vm migrate db --migration must-finish',
  ]);
  act<MigrateFlags>(
    command,
    (session, { args: [vm = ''], options: { to, migration, ...rest } }) => {
      const options: FinishFlags = rest;
      const body: api.VmMigrate = {
        ...(to === undefined ? {} : { target: to }),
        ...(migration === undefined ? {} : { migration }),
      };
      return finishOperation(session, options, () =>
        session.client.post<api.OperationBody>(`${vmPath(vm)}/migrate`, body),
      );
    },
  );
}
