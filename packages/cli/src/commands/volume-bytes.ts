/** `drover volume download|upload`: a volume's bytes into a file of one's own, and the other way. */
import type { api } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { formatBytes } from '../logic/sizes.ts';
import { act } from '../shell/act.ts';
import { confirm } from '../shell/confirm.ts';
import { volumeContent } from '../shell/content.ts';
import { fetchFile } from '../shell/fetch-file.ts';
import type { FinishFlags } from '../shell/finish-operation.ts';
import { beginWaiting, type WaitFlags } from '../shell/follow-operation.ts';
import { OwnFile } from '../shell/own-file.ts';
import { printOne } from '../shell/print.ts';
import { uploadFile } from '../shell/upload-file.ts';
import { examples, withPatience, withWait, withYes } from './options.ts';

export function addVolumeUpload(volumes: Command): void {
  const command = withWait(withYes(volumes.command('upload <volume> <file>')))
    .summary('put a file of yours into it')
    .description(
      'Sends a file of yours into a volume that no VM has open, in the volume’s own format. What ' +
        'was in it is lost. One that breaks off goes on; Ctrl-C ends and cancels it.',
    );
  examples(command, ['drover volume upload data data.qcow2']);
  act<FinishFlags & { yes?: boolean }>(command, async (session, { args, options }) => {
    const [ref = '', path = ''] = args;
    await using file = await OwnFile.open(path);
    const question = `Put ${formatBytes(file.bytes)} into volume ${oneLine(ref)}? What is in it is lost.`;
    if (!(await confirm(session, question, options.yes))) return exitCodes.cancelled;
    const body: api.VolumeUpload = { bytes: file.bytes };
    return await uploadFile(session, options, file, {
      about: `uploading ${ref}`,
      begin: () =>
        session.client.post('/v1/volumes/{volume}/upload', { path: { volume: ref }, body }),
      content: () => volumeContent(session.client, ref),
    });
  });
}

export function addVolumeDownload(volumes: Command): void {
  const command = withPatience(volumes.command('download <volume> <file>'))
    .summary('its bytes into a file of yours')
    .description(
      'Fetches a volume that no VM has open, in its own format, into a file that is not there yet. ' +
        'One that breaks off goes on where it was; Ctrl-C ends and cancels it.',
    );
  examples(command, ['drover volume download data data.qcow2']);
  act<WaitFlags>(command, async (session, { args: [ref = '', path = ''], options }) => {
    const waiting = beginWaiting(session, options);
    try {
      const fetched = await fetchFile(session, {
        waiting,
        path,
        volume: ref,
        about: `downloading ${ref}`,
        patienceMs: options.patience,
        begin: () =>
          session.client.post('/v1/volumes/{volume}/download', { path: { volume: ref } }),
      });
      if (fetched.type === 'left') return fetched.exitCode;
      const { operation, bytes } = fetched;
      const page = [oneLine(`${ref} is in ${path} (${formatBytes(bytes)})`)];
      printOne(session, operation, { name: operation.id, page });
      return exitCodes.done;
    } finally {
      waiting.end();
    }
  });
}
