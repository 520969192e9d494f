/**
 * Bytes of a file to where an operation awaits them. After a connection that broke it asks which byte is next and goes on
 * there, as long as something moves; whoever presses Ctrl-C ends it for good, since nobody else has the bytes.
 */
import { ApiProblem } from '@drover/client';
import { Readable, Transform } from 'node:stream';
import type { api } from '@drover/protocol';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { Unreachable } from './client.ts';
import type { Content } from './content.ts';
import type { OwnFile } from './own-file.ts';
import type { Session } from './session.ts';
import { tellBytes } from './tell-bytes.ts';
import { Detached, TimedOut, type Waiting } from './waiting.ts';

const againMs = 500;
/** Longer than the API waits for a host to open a way. */
const headMs = 30_000;

export interface Sending {
  readonly waiting: Waiting;
  readonly operation: api.OperationBody;
  readonly content: Content;
  readonly about: string;
  readonly patienceMs: number;
}

export type Sent =
  | { readonly type: 'sent' }
  /** The operation ended before all was there. */
  | { readonly type: 'ended'; readonly operation: api.OperationBody }
  | { readonly type: 'left'; readonly exitCode: ExitCode };

export async function sendFile(session: Session, file: OwnFile, sending: Sending): Promise<Sent> {
  try {
    return await sendAll(session, file, sending);
  } catch (error) {
    const isLeft = error instanceof Detached || error instanceof TimedOut;
    await cancel(session, sending.operation.id, isLeft);
    if (!isLeft) throw error;
    const isLate = error instanceof TimedOut;
    return { type: 'left', exitCode: isLate ? exitCodes.timedOut : exitCodes.cancelled };
  }
}

async function sendAll(session: Session, file: OwnFile, sending: Sending): Promise<Sent> {
  const { waiting, patienceMs } = sending;
  let reached = -1;
  let movedMs = performance.now();
  for (;;) {
    const where = await nextByte(session, sending);
    if (typeof where === 'object') return { type: 'ended', operation: where };
    if (where >= file.bytes) {
      await file.refuseChanged();
      return { type: 'sent' };
    }
    if (where > reached) movedMs = performance.now();
    reached = Math.max(reached, where);
    const broken = await sendFrom(session, file, sending, where);
    if (broken === undefined) continue;
    if (performance.now() - movedMs > patienceMs) throw broken;
    session.terminal.err([`the upload broke off (${oneLine(broken.message)}); it goes on`]);
    await waiting.pause(againMs);
  }
}

/** The operation where that has ended. */
async function nextByte(
  session: Session,
  { waiting, operation, content, patienceMs }: Sending,
): Promise<number | api.OperationBody> {
  const untilMs = performance.now() + patienceMs;
  for (;;) {
    try {
      const head = await waiting.ask((signal) =>
        content.head(AbortSignal.any([signal, AbortSignal.timeout(headMs)])),
      );
      return Number(head.headers.get('upload-offset') ?? 0);
    } catch (error) {
      // No way there yet, or no longer: the answer to HEAD has no words, the operation has.
      if (!(error instanceof ApiProblem) || error.problem.status !== 409) throw error;
      const now = await waiting.ask((signal) =>
        session.client.get('/v1/operations/{operation}', {
          path: { operation: operation.id },
          signal,
        }),
      );
      if (now.done) return now;
      if (performance.now() > untilMs) throw error;
      await waiting.pause(againMs);
    }
  }
}

/** Nothing: it went through. Throws what another try would not change. */
async function sendFrom(
  session: Session,
  file: OwnFile,
  { waiting, content, about }: Sending,
  start: number,
): Promise<Error | undefined> {
  const tell = tellBytes(session, about, 'receive', file.bytes, start);
  let done = start;
  const counted = new Transform({
    transform(piece: Buffer, _encoding, next) {
      done += piece.length;
      tell(done);
      next(null, piece);
    },
  });
  const source = file.from(start);
  source.on('error', (error) => counted.destroy(error));
  tell(done);
  try {
    await content.put({
      signal: waiting.signal,
      headers: { 'upload-offset': `${start}`, 'content-type': 'application/octet-stream' },
      stream: Readable.toWeb(source.pipe(counted)) as ReadableStream<Uint8Array>,
    });
    return undefined;
  } catch (error) {
    if (waiting.signal.aborted) await waiting.pause(0);
    const mayGoOn =
      error instanceof Unreachable ||
      (error instanceof ApiProblem && [409, 429, 502, 503, 504].includes(error.problem.status));
    if (mayGoOn) return error;
    throw error;
  } finally {
    source.destroy();
    counted.destroy();
  }
}

/** What nobody sends any more is not to wait for it. */
async function cancel(session: Session, id: string, isLeft: boolean): Promise<void> {
  try {
    await session.client.delete('/v1/operations/{operation}', { path: { operation: id } });
    if (isLeft) session.terminal.err(['The upload is cancelled; nothing of it is kept.']);
  } catch (error) {
    // It may have ended by itself; what brought us here is the news.
    if (!isLeft) return;
    const why = error instanceof Error ? error.message : String(error);
    session.terminal.err([
      `The upload has stopped, but could not be cancelled (${oneLine(why)}); it ends by itself.`,
    ]);
  }
}
