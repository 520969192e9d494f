/** `drover image import|upload`: an image from a URL, from a file of the pool, or from a file of one's own. */
import { basename } from 'node:path';
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { type ImageFlags, parseImageFlags } from '../logic/image-flags.ts';
import { type Form, formats, formOf, packings } from '../logic/image-form.ts';
import { UsageError } from '../logic/usage-error.ts';
import { act } from '../shell/act.ts';
import { imageContent } from '../shell/content.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { OwnFile } from '../shell/own-file.ts';
import type { Session } from '../shell/session.ts';
import { hashFile, uploadFile } from '../shell/upload-file.ts';
import { collect, examples, withWait } from './options.ts';

interface ImportFlags extends ImageFlags, FinishFlags {
  readonly url?: string;
  readonly file?: string;
}

function withImage(command: Command): Command {
  return withWait(command)
    .requiredOption('--pool <pool>', 'where it will lie')
    .option('--format <format>', formats.join(', '))
    .option('--packing <packing>', packings.join(', '))
    .option('-l, --label <key=value>', 'repeatable', collect, [])
    .option('--new-version', 'the name is there already: this is its next version');
}

export function addImageImport(images: Command): void {
  const command = withImage(
    images
      .command('import <name>')
      .summary('an image from a URL or a file of the pool')
      .description(
        'Brings an image in: from a URL of one of the sources (“drover image sources list”), or ' +
          'from a file that somebody put into the pool. It becomes a qcow2 file of its own.',
      )
      .option('--url <url>', 'with --sha256, which its publisher tells')
      .option('--file <name>', 'a file of the same pool; it stays as it is')
      .option('--sha256 <sum>', 'of what comes, as it comes'),
  );
  examples(command, [
    'drover image import debian-13 --pool vms --format qcow2 --sha256 9f2c… \\\n      --url https://cloud.debian.org/…/debian-13-genericcloud-amd64.qcow2',
    'drover image import tiny --pool vms --file tiny.qcow2',
  ]);
  act<ImportFlags>(command, (session, { args: [name = ''], options }) => {
    const source = sourceOf(options);
    const form = formOf(source.type === 'url' ? pathOf(source.url) : source.file, options);
    const body = parseImageFlags(name, options, source, form);
    sayForm(session, form);
    return finishOperation(session, options, () => begin(session, body));
  });
}

function sourceOf({ url, file, sha256 }: ImportFlags) {
  if ((url === undefined) === (file === undefined)) {
    throw new UsageError('say where it comes from: --url URL with --sha256 SUM, or --file NAME');
  }
  if (url === undefined) return { type: 'file', file: file ?? '' } as const;
  if (sha256 === undefined) {
    throw new UsageError('--url needs --sha256: the checksum that its publisher tells');
  }
  return { type: 'url', url } as const;
}

/** Without what follows the name of the file. */
function pathOf(url: string): string {
  return url.replace(/[?#].*$/, '');
}

function sayForm(session: Session, { said }: Form): void {
  if (said !== undefined) session.terminal.err([oneLine(said)]);
}

async function begin(session: Session, body: api.ImageImport): Promise<api.OperationBody> {
  return (await session.client.post('/v1/images', { body })).operation;
}

export function addImageUpload(images: Command): void {
  const command = withImage(
    images
      .command('upload <name> <file>')
      .summary('an image from a file of yours')
      .description(
        'Sends a file of yours and makes an image of it. Its checksum is computed first and sent ' +
          'along. An upload that breaks off goes on where it was; Ctrl-C ends and cancels it.',
      ),
  );
  examples(command, [
    'drover image upload debian-13 debian-13-genericcloud-amd64.qcow2 --pool vms',
    'drover image upload appliance a.img.xz --pool vms --format raw --new-version',
  ]);
  act<ImageFlags & FinishFlags>(command, async (session, { args, options }) => {
    const [name = '', path = ''] = args;
    const form = formOf(basename(path), options);
    await using file = await OwnFile.open(path);
    const source = { type: 'upload', bytes: file.bytes } as const;
    // What is wrong with the words is told before all of the file is read.
    const body = parseImageFlags(name, options, source, form);
    sayForm(session, form);
    const sha256 = await hashFile(session, file);
    if (sha256 === undefined) return exitCodes.cancelled;
    let imageId = '';
    return await uploadFile(session, options, file, {
      about: `uploading ${name}`,
      begin: async () => {
        const answer = await session.client.post('/v1/images', {
          body: {
            ...body,
            sha256,
          },
        });
        imageId = answer.image.id;
        return answer.operation;
      },
      content: () => imageContent(session.client, imageId),
    });
  });
}
