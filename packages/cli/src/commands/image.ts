/** `drover image list|show|delete|verify` */
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { imageColumns, imagePage, labelOf } from '../logic/image-view.ts';
import { act } from '../shell/act.ts';
import { confirm } from '../shell/confirm.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { printOne } from '../shell/print.ts';
import { listOrWatch } from '../shell/watch-list.ts';
import { examples, withWait, withWatch, withYes } from './options.ts';

export function addImageList(images: Command): void {
  const command = withWatch(images.command('list').alias('ls'))
    .summary('all images, the newest version first')
    .description('All images and their versions, and how many volumes and disks stand on each.');
  examples(command, ['drover image list', 'drover image list -o wide']);
  act<{ watch?: boolean }>(command, (session, { options }) =>
    listOrWatch(session, options.watch === true, (nowMs) => ({
      columns: imageColumns(nowMs),
      nameOf: labelOf,
      ifNone: 'There is no image yet. Bring one in with “drover image upload” or “image import”.',
      read: (signal) => session.client.list('/v1/images', { signal }),
    })),
  );
}

export function addImageShow(images: Command): void {
  const command = images
    .command('show <image>')
    .summary('one image, and what stands on it')
    .description('One image: its file, its checksums, and the volumes and VMs that stand on it.');
  examples(command, ['drover image show debian-13', 'drover image show debian-13@2']);
  act(command, async (session, { args: [ref = ''] }) => {
    const image = await session.client.get('/v1/images/{image}', { path: { image: ref } });
    printOne(session, image, { name: labelOf(image), page: imagePage(image, Date.now()) });
    return exitCodes.done;
  });
}

interface DeleteFlags extends FinishFlags {
  readonly yes?: boolean;
  readonly whenUnused?: boolean;
}

export function addImageDelete(images: Command): void {
  const command = withWait(withYes(images.command('delete <image>').alias('rm')))
    .summary('remove an image that nothing stands on')
    .description(
      'Removes an image. Refused while volumes or VMs stand on it: without it they would be lost. ' +
        'Of several versions one has to be named.',
    )
    .option('--when-unused', 'let it go once nothing stands on it any more');
  examples(command, [
    'drover image delete debian-13@1',
    'drover image delete debian-13@1 --when-unused --no-wait',
  ]);
  act<DeleteFlags>(command, async (session, { args: [image = ''], options }) => {
    const isLater = options.whenUnused === true;
    const when = isLater ? ' once nothing stands on it any more' : '';
    const question = `Delete image ${oneLine(image)}${when}?`;
    if (!(await confirm(session, question, options.yes))) return exitCodes.cancelled;
    return finishOperation(session, options, () =>
      session.client.delete('/v1/images/{image}', {
        path: { image },
        query: isLater ? { whenUnused: 'true' } : {},
      }),
    );
  });
}

export function addImageVerify(images: Command): void {
  const command = withWait(images.command('verify <image>'))
    .summary('read all of it, compare its checksum')
    .description(
      'Reads all of an image’s file and compares it with what was recorded. One that was changed ' +
        'is “altered”, and nothing is made of it any more.',
    );
  examples(command, ['drover image verify debian-13']);
  act<FinishFlags>(command, (session, { args: [image = ''], options }) =>
    finishOperation(session, options, () =>
      session.client.post('/v1/images/{image}/verify', { path: { image } }),
    ),
  );
}
