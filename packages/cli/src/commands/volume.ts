/** `drover volume list|show|create|copy|delete` */
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import {
  type CopyFlags,
  parseCopyFlags,
  parseVolumeFlags,
  type VolumeFlags,
} from '../logic/volume-flags.ts';
import { volumeColumns, volumeName, volumePage } from '../logic/volume-view.ts';
import { act } from '../shell/act.ts';
import { confirm } from '../shell/confirm.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { printOne } from '../shell/print.ts';
import { listOrWatch } from '../shell/watch-list.ts';
import { collect, examples, withWait, withWatch, withYes } from './options.ts';

export function addVolumeList(volumes: Command): void {
  const command = withWatch(volumes.command('list').alias('ls'))
    .summary('volumes, and the disks of VMs')
    .description('Volumes of their own, and the disks of VMs, which are called VM:index.');
  examples(command, ['drover volume list', 'drover volume list -o wide']);
  act<{ watch?: boolean }>(command, (session, { options }) =>
    listOrWatch(session, options.watch === true, (nowMs) => ({
      columns: volumeColumns(nowMs),
      nameOf: volumeName,
      ifNone: 'There is no volume yet. Make one with “drover volume create”.',
      read: (signal) => session.client.list('/v1/volumes', { signal }),
    })),
  );
}

export function addVolumeShow(volumes: Command): void {
  const command = volumes
    .command('show <volume>')
    .summary('one volume, its snapshots, its VM')
    .description('One volume, by name or id; the first disk of VM web is web:0.');
  examples(command, ['drover volume show data', 'drover volume show web:0']);
  act(command, async (session, { args: [ref = ''] }) => {
    const volume = await session.client.get('/v1/volumes/{volume}', { path: { volume: ref } });
    printOne(session, volume, { name: volumeName(volume), page: volumePage(volume, Date.now()) });
    return exitCodes.done;
  });
}

export function addVolumeCreate(volumes: Command): void {
  const command = withWait(volumes.command('create <name>'))
    .summary('make a volume: empty, or from something')
    .description(
      'Makes a volume: empty, a thin clone of an image (in the image’s pool), or a full copy of an ' +
        'image or of another volume.',
    )
    .requiredOption('--pool <pool>', 'where it will lie')
    .option('--size <size>', 'such as 20GiB; without it as large as its source')
    .option('--image <image>', 'made from this image: NAME or NAME@VERSION')
    .option('--full', 'a copy of the image that stands on nothing, in any pool')
    .option('--from <volume>', 'a full copy of this volume')
    .option('--format <format>', 'qcow2 or raw (default qcow2)')
    .option('-l, --label <key=value>', 'repeatable', collect, []);
  examples(command, [
    'drover volume create data --pool vms --size 20GiB',
    'drover volume create root --pool vms --image debian-13 --size 20GiB',
    'drover volume create root-2 --pool fast --image debian-13 --full',
  ]);
  act<VolumeFlags & FinishFlags>(command, (session, { args: [name = ''], options }) => {
    const body = parseVolumeFlags(name, options);
    return finishOperation(
      session,
      options,
      async () => (await session.client.post('/v1/volumes', { body })).operation,
    );
  });
}

export function addVolumeCopy(volumes: Command): void {
  const command = withWait(volumes.command('copy <volume> <name>').alias('cp'))
    .summary('a full copy of it, in any pool')
    .description('Makes a full copy of a volume that no VM has open, in its pool or in another.')
    .option('--pool <pool>', 'otherwise that of the volume')
    .option('--size <size>', 'otherwise that of the volume')
    .option('--format <format>', 'qcow2 or raw; otherwise that of the volume')
    .option('-l, --label <key=value>', 'repeatable', collect, []);
  examples(command, ['drover volume copy data data-2 --pool fast']);
  act<CopyFlags & FinishFlags>(command, (session, { args: [ref = '', name = ''], options }) => {
    const body = parseCopyFlags(name, options);
    const route = '/v1/volumes/{volume}/copy';
    const path = { volume: ref };
    return finishOperation(
      session,
      options,
      async () => (await session.client.post(route, { path, body })).operation,
    );
  });
}

export function addVolumeDelete(volumes: Command): void {
  const command = withWait(withYes(volumes.command('delete <volume>').alias('rm')))
    .summary('remove a volume that no VM has')
    .description('Removes a volume with its snapshots. A VM’s own disks go with the VM.');
  examples(command, ['drover volume delete data']);
  act<FinishFlags & { yes?: boolean }>(command, async (session, { args: [ref = ''], options }) => {
    const question = `Delete volume ${oneLine(ref)}, its snapshots, and all that is in them?`;
    if (!(await confirm(session, question, options.yes))) return exitCodes.cancelled;
    return finishOperation(session, options, () =>
      session.client.delete('/v1/volumes/{volume}', { path: { volume: ref } }),
    );
  });
}
