/** From a file of the person's to the end of the operation that takes it: checksum, request, bytes, and what became of it. */
import type { api } from '@drover/protocol';
import { type ExitCode } from '../logic/exit-code.ts';
import type { Content } from './content.ts';
import { type FinishFlags, printBegun, printEnded } from './finish-operation.ts';
import { beginWaiting, followOperation } from './follow-operation.ts';
import type { OwnFile } from './own-file.ts';
import { sendFile } from './send-file.ts';
import type { Session } from './session.ts';
import { tellBytes } from './tell-bytes.ts';

/** Nothing: Ctrl-C, before anything was asked for. */
export async function hashFile(session: Session, file: OwnFile): Promise<string | undefined> {
  const stopped = new AbortController();
  const stop = () => stopped.abort();
  process.once('SIGINT', stop);
  try {
    const tell = tellBytes(session, `reading ${file.path}`, 'checksum', file.bytes);
    return await file.sha256(tell, stopped.signal);
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
    session.terminal.err(['Nothing was changed.']);
    return undefined;
  } finally {
    process.off('SIGINT', stop);
  }
}

export interface Upload {
  /** `uploading debian-13` */
  readonly about: string;
  readonly begin: () => Promise<api.OperationBody>;
  /** Known once it was begun. */
  readonly content: () => Content;
}

export async function uploadFile(
  session: Session,
  flags: FinishFlags,
  file: OwnFile,
  { about, begin, content }: Upload,
): Promise<ExitCode> {
  const waiting = beginWaiting(session, flags);
  try {
    const operation = await begin();
    const sent = await sendFile(session, file, {
      waiting,
      operation,
      content: content(),
      about,
      patienceMs: flags.patience,
    });
    if (sent.type === 'left') return sent.exitCode;
    if (sent.type === 'ended') return printEnded(session, sent.operation);
    if (!flags.wait) return printBegun(session, operation);
    const followed = await followOperation(session, waiting, operation);
    if (followed.type === 'left') return followed.exitCode;
    return printEnded(session, followed.operation);
  } finally {
    waiting.end();
  }
}
