/**
 * Bytes of an operation into a file of the person's: under another name until all are there, going on where it broke off. A
 * file that is there already is left alone.
 */
import { ApiProblem } from '@drover/client';
import { open, link, rm, stat, type FileHandle } from 'node:fs/promises';
import type { api } from '@drover/protocol';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { UsageError } from '../logic/usage-error.ts';
import { Unreachable } from './client.ts';
import type { Session } from './session.ts';
import { tellBytes } from './tell-bytes.ts';
import { Detached, TimedOut, type Waiting } from './waiting.ts';

const againMs = 500;

export interface Fetching {
  readonly waiting: Waiting;
  /** Of the file that it becomes. */
  readonly path: string;
  readonly volume: string;
  readonly about: string;
  readonly patienceMs: number;
  readonly begin: () => Promise<api.OperationBody>;
}

export type Fetched =
  | { readonly type: 'fetched'; readonly operation: api.OperationBody; readonly bytes: number }
  | { readonly type: 'left'; readonly exitCode: ExitCode };

export async function fetchFile(session: Session, fetching: Fetching): Promise<Fetched> {
  const { path, waiting } = fetching;
  const isThere = await stat(path).then(
    () => true,
    () => false,
  );
  if (isThere) throw new UsageError(`“${path}” is there already: take another name`);
  const part = `${path}.part`;
  const handle = await openNew(part);
  let operation: api.OperationBody | undefined;
  try {
    operation = await fetching.begin();
    const bytes = await fetchAll(session, handle, fetching, operation.id);
    await handle.sync();
    // Unlike a rename this overwrites nothing that came meanwhile.
    await link(part, path);
    const { id } = operation;
    const ended = await waiting.ask((signal) =>
      session.client.get('/v1/operations/{operation}', { path: { operation: id }, signal }),
    );
    return { type: 'fetched', operation: ended, bytes };
  } catch (error) {
    if (operation !== undefined) await cancel(session, operation.id);
    const isLate = error instanceof TimedOut;
    if (!isLate && !(error instanceof Detached)) throw error;
    session.terminal.err(['The download is cancelled; nothing of it is kept.']);
    return { type: 'left', exitCode: isLate ? exitCodes.timedOut : exitCodes.cancelled };
  } finally {
    await handle.close();
    await rm(part, { force: true });
  }
}

async function openNew(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx');
  } catch (error) {
    throw new UsageError(`“${path}” cannot be made: ${(error as Error).message}`);
  }
}

/** How many bytes it has. */
async function fetchAll(
  session: Session,
  handle: FileHandle,
  { waiting, volume, about, patienceMs }: Fetching,
  operationId: string,
): Promise<number> {
  let have = 0;
  let movedMs = performance.now();
  for (;;) {
    try {
      const response = await session.client.open('get', '/v1/volumes/{volume}/content', {
        path: { volume },
        signal: waiting.signal,
        headers: { accept: '*/*', ...(have === 0 ? {} : { range: `bytes=${have}-` }) },
      });
      // Whoever does not understand ranges gives all of it again.
      if (response.status !== 206) have = 0;
      const total = have + Number(response.headers.get('content-length') ?? 0);
      const tell = tellBytes(session, about, 'copy', total, have);
      for await (const piece of response.body ?? []) {
        await handle.write(piece, 0, piece.length, have);
        have += piece.length;
        movedMs = performance.now();
        tell(have);
      }
      if (have >= total) return have;
    } catch (error) {
      if (waiting.signal.aborted) await waiting.pause(0);
      if (!(await mayGoOn(session, error, operationId))) throw error;
      if (performance.now() - movedMs > patienceMs) throw error;
      const why = error instanceof Error ? error.message : String(error);
      if (have > 0) session.terminal.err([`the download broke off (${oneLine(why)}); it goes on`]);
    }
    await waiting.pause(againMs);
  }
}

/** No way there yet, or a connection that broke; not what has ended. */
async function mayGoOn(session: Session, error: unknown, operationId: string): Promise<boolean> {
  if (error instanceof ApiProblem) {
    const { code, status } = error.problem;
    if (code !== 'transfer-ended') return [409, 429, 502, 503, 504].includes(status);
    const path = { operation: operationId };
    return !(await session.client.get('/v1/operations/{operation}', { path })).done;
  }
  // What `fetch` throws where the body breaks off.
  return error instanceof Unreachable || error instanceof TypeError;
}

async function cancel(session: Session, id: string): Promise<void> {
  // It may have ended by itself, or the API be away: it ends by itself then.
  await session.client
    .delete('/v1/operations/{operation}', { path: { operation: id } })
    .catch(() => undefined);
}
