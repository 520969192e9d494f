/** Sends a file as an image, piece by piece, so that it can go on where it broke off and can be watched. */
import { formOf } from '@drover/cli/words';
import { ApiProblem } from '@drover/client';
import type { Image } from '../logic/types.ts';
import { client, reach } from './api-client.ts';

type Packing = NonNullable<Image['packing']>;

const pieceBytes = 8 * 1024 * 1024;
const mostTries = 8;

export class Upload {
  sentBytes = $state(0);
  totalBytes = $state(0);
  state = $state<'idle' | 'sending' | 'done' | 'failed'>('idle');
  name = $state('');
  error = $state.raw<unknown>();
  #ending: AbortController | undefined;
  #operationId: string | undefined;

  async start(file: File, name: string, pool: string, format: Image['format']): Promise<void> {
    this.#ending = new AbortController();
    const { signal } = this.#ending;
    this.name = name;
    this.totalBytes = file.size;
    this.sentBytes = 0;
    this.state = 'sending';
    this.error = undefined;
    try {
      const packing = formOf(file.name, { format }).packing as Packing | undefined;
      const { image, operation } = await client.post('/v1/images', {
        body: {
          name,
          pool,
          format,
          source: { type: 'upload', bytes: file.size },
          ...(packing === undefined ? {} : { packing }),
        },
        signal,
      });
      this.#operationId = operation.id;
      await this.#send(file, `/v1/images/${image.id}/content`, signal);
      this.state = 'done';
    } catch (error) {
      if (signal.aborted) this.state = 'idle';
      else {
        this.state = 'failed';
        this.error = error;
      }
    }
  }

  /** Nothing of it is left. */
  async cancel(): Promise<void> {
    this.#ending?.abort();
    if (this.#operationId !== undefined)
      await client
        .delete('/v1/operations/{operation}', { path: { operation: this.#operationId } })
        .catch(() => undefined);
    this.state = 'idle';
  }

  async #send(file: File, path: string, signal: AbortSignal): Promise<void> {
    let tries = 0;
    while (this.sentBytes < file.size) {
      const from = this.sentBytes;
      try {
        const bytes = file.slice(from, from + pieceBytes);
        await put(path, bytes, from, signal);
        this.sentBytes = from + bytes.size;
        tries = 0;
      } catch (error) {
        tries += 1;
        if (signal.aborted || tries > mostTries || !(error instanceof ApiProblem)) throw error;
        if (!['wrong-offset', 'image-not-ready', 'unreachable'].includes(error.problem.code))
          throw error;
        await new Promise((resolve) => setTimeout(resolve, 300 * tries));
        this.sentBytes = await offsetOf(path, signal, from);
      }
    }
  }
}

async function offsetOf(path: string, signal: AbortSignal, otherwise: number): Promise<number> {
  try {
    const response = await reach(path, { method: 'HEAD', signal });
    return Number(response.headers.get('upload-offset') ?? otherwise);
  } catch {
    return otherwise;
  }
}

/** Bytes are no JSON, which is all that the client sends. */
async function put(path: string, bytes: Blob, from: number, signal: AbortSignal): Promise<void> {
  const response = await reach(path, {
    method: 'PUT',
    body: bytes,
    headers: {
      'content-type': 'application/octet-stream',
      'upload-offset': String(from),
    },
    signal,
  });
  if (response.ok) return;
  throw new ApiProblem((await response.json()) as ApiProblem['problem'], undefined);
}
