/** `drover volume resize|move|snapshot|revert` */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { parseMib } from '../logic/sizes.ts';
import { act } from '../shell/act.ts';
import { confirm } from '../shell/confirm.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { examples, withWait, withYes } from './options.ts';

export function addVolumeResize(volumes: Command): void {
  const command = withWait(volumes.command('resize <volume>'))
    .summary('make it larger')
    .description('Makes a volume larger, never smaller: what lies at its end would be lost.')
    .requiredOption('--size <size>', 'such as 40GiB');
  examples(command, ['drover volume resize web:0 --size 40GiB']);
  act<FinishFlags & { size: string }>(command, (session, { args: [ref = ''], options }) => {
    const body: api.VolumeResize = { sizeMib: parseMib(options.size) };
    return finishOperation(session, options, () =>
      session.client.post('/v1/volumes/{volume}/resize', { path: { volume: ref }, body }),
    );
  });
}

export function addVolumeMove(volumes: Command): void {
  const command = withWait(volumes.command('move <volume>').alias('mv'))
    .summary('move it to another pool')
    .description('Moves a volume to another pool. Until that has succeeded it stays where it is.')
    .requiredOption('--pool <pool>', 'where it is to lie');
  examples(command, ['drover volume move data --pool fast']);
  act<FinishFlags & { pool: string }>(command, (session, { args: [ref = ''], options }) => {
    const body: api.VolumeMove = { pool: options.pool };
    return finishOperation(session, options, () =>
      session.client.post('/v1/volumes/{volume}/move', { path: { volume: ref }, body }),
    );
  });
}

interface SnapshotFlags extends FinishFlags {
  readonly delete?: boolean;
  readonly yes?: boolean;
}

export function addVolumeSnapshot(volumes: Command): void {
  const command = withWait(withYes(volumes.command('snapshot <volume> <name>')))
    .summary('keep it as it is now; or forget that')
    .description(
      'Keeps a volume as it is now, under a name, to go back to with “drover volume revert”. ' +
        'With --delete such a snapshot is forgotten; the volume stays as it is.',
    )
    .option('--delete', 'forget the snapshot of that name');
  examples(command, [
    'drover volume snapshot data before-upgrade',
    'drover volume snapshot data before-upgrade --delete',
  ]);
  act<SnapshotFlags>(command, async (session, { args: [ref = '', name = ''], options }) => {
    const path = { volume: ref };
    if (options.delete !== true) {
      const body: api.VolumeSnapshot = { name };
      return finishOperation(session, options, () =>
        session.client.post('/v1/volumes/{volume}/snapshots', { path, body }),
      );
    }
    const question = `Forget snapshot ${oneLine(name)} of ${oneLine(ref)}?`;
    if (!(await confirm(session, question, options.yes))) return exitCodes.cancelled;
    return finishOperation(session, options, () =>
      session.client.delete('/v1/volumes/{volume}/snapshots/{snapshot}', {
        path: { ...path, snapshot: name },
      }),
    );
  });
}

export function addVolumeRevert(volumes: Command): void {
  const command = withWait(withYes(volumes.command('revert <volume> <snapshot>')))
    .summary('make it again what it was')
    .description(
      'Makes a volume again what it was when the snapshot was taken. What was written since is lost.',
    );
  examples(command, ['drover volume revert data before-upgrade']);
  act<FinishFlags & { yes?: boolean }>(command, async (session, { args, options }) => {
    const [ref = '', snapshot = ''] = args;
    const question = `Make ${oneLine(ref)} again what it was at ${oneLine(snapshot)}? What was written since is lost.`;
    if (!(await confirm(session, question, options.yes))) return exitCodes.cancelled;
    const route = '/v1/volumes/{volume}/snapshots/{snapshot}/revert';
    const path = { volume: ref, snapshot };
    return finishOperation(session, options, () => session.client.post(route, { path }));
  });
}
