/** Where the bytes of an image or a volume go: how many are there, and more of them. Who sends, and how often, is `sendFile`’s. */
import type { ApiClient } from '@drover/client';

export interface Content {
  readonly head: (signal: AbortSignal) => Promise<Response>;
  readonly put: (bytes: Bytes) => Promise<Response>;
}

interface Bytes {
  readonly stream: ReadableStream<Uint8Array>;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export function imageContent(client: ApiClient, image: string): Content {
  const route = '/v1/images/{image}/content';
  const path = { image };
  return {
    head: (signal) => client.head(route, { path, signal }),
    put: (bytes) => client.open('put', route, { path, ...bytes }),
  };
}

export function volumeContent(client: ApiClient, volume: string): Content {
  const route = '/v1/volumes/{volume}/content';
  const path = { volume };
  return {
    head: (signal) => client.head(route, { path, signal }),
    put: (bytes) => client.open('put', route, { path, ...bytes }),
  };
}
