/** `drover vm save` */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { act } from '../shell/act.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { examples, withWait } from './options.ts';

interface SaveFlags extends FinishFlags {
  readonly pool?: string;
}

export function addVmSave(vms: Command): void {
  const command = withWait(
    vms
      .command('save <vm>')
      .option('--pool <pool>', 'where its memory goes; else the pool of its first disk'),
  )
    .summary('save its memory and turn it off')
    .description(
      'Saves the memory of a running VM to a pool and turns it off; it stands still meanwhile. ' +
        '“drover vm resume” or “start” lets it go on, on any host that fits. If it fails or is ' +
        'cancelled, the VM runs on where it was.\n\n' +
        'Ctrl-C detaches; “drover operation cancel” cancels.',
    );
  examples(command, ['drover vm save web', 'drover vm save web --pool archive']);
  act<SaveFlags>(command, (session, { args: [vm = ''], options }) => {
    const { pool } = options;
    const body: api.VmSave = pool === undefined ? {} : { pool };
    return finishOperation(session, options, () =>
      session.client.post('/v1/vms/{vm}/save', { path: { vm }, body }),
    );
  });
}
