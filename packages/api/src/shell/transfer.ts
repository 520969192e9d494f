/**
 * The way of bytes between a client and the agent that a transfer was opened on: asked for here, carried through without
 * being kept, and whatever goes wrong there said in our words. Which operation it is for is the logic's.
 */
import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { DroverError, type TransferEnd } from '@drover/protocol';
import type { FastifyReply } from 'fastify';
import { type Carried, endOf, notReadyError } from '../logic/transfers.ts';
import type { Mirror } from './mirror.ts';

export interface TransferAsk {
  readonly method: 'HEAD' | 'PUT' | 'GET';
  readonly headers?: Readonly<Record<string, string>>;
  /** It is destroyed where the other end answers before its end. */
  readonly body?: Readable;
  readonly signal?: AbortSignal;
}

/** To the agent's end; throws `transfer-ended` or `host-silent` where that cannot be reached, or the connection breaks. */
export type TransferRequest = (
  end: TransferEnd,
  operationId: string,
  ask: TransferAsk,
) => Promise<IncomingMessage>;

/** For an API that was composed without a way to agents. */
export const noTransfer: TransferRequest = () =>
  Promise.reject(new DroverError('host-silent', 'this API was started without a way to hosts'));

/** How long a host may take to open a way before the client is told to come back. */
const openMs = 15_000;

/** Throws where it has ended, and where there is no way yet. */
export async function findEnd(
  mirror: Mirror,
  carried: Carried,
  signal: AbortSignal,
): Promise<TransferEnd> {
  const end = await mirror.until((records) => endOf(records, carried), openMs, signal);
  if (end !== undefined) return end;
  throw notReadyError(mirror.records, carried);
}

/** Answers of success, as they are; others throw, with the offset to go on from where there is one. */
export async function carry(
  request: TransferRequest,
  {
    end,
    carried,
    reply,
  }: {
    readonly end: TransferEnd;
    readonly carried: Carried;
    readonly reply: FastifyReply;
  },
  ask: TransferAsk,
): Promise<IncomingMessage> {
  let answer: IncomingMessage;
  try {
    answer = await request(end, carried.operationId, ask);
  } catch (error) {
    if (error instanceof DroverError && error.code === 'transfer-ended') throw error;
    throw new DroverError(
      'host-silent',
      `the host that has the bytes of ${carried.label} broke off or cannot be reached: ${(error as Error).message}; go on where HEAD says`,
      { cause: error },
    );
  }
  const offset = headerOf(answer, 'upload-offset');
  if (offset !== undefined) void reply.header('upload-offset', offset);
  const { statusCode: status = 0 } = answer;
  if (status >= 200 && status < 300) return answer;
  answer.resume();
  throw errorOf(status, carried, offset);
}

export function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function errorOf(
  status: number,
  { label, operationId, bytes }: Carried,
  offset: string | undefined,
): DroverError {
  switch (status) {
    case 409:
      return new DroverError(
        'wrong-offset',
        `the bytes of ${label} go on at ${offset ?? 'another offset'}: send from there`,
      );
    case 404:
    case 410:
      return new DroverError(
        'transfer-ended',
        `the host awaits nothing for ${label} any more; see operation ${operationId}`,
      );
    case 413:
      return new DroverError(
        'too-large',
        `more came for ${label} than the ${bytes ?? 'announced'} bytes`,
      );
    case 416:
      return new DroverError('bad-request', `${label} is not so long: that range is not in it`);
    case 507:
      return new DroverError('pool-full', `the pool has no room for the bytes of ${label}`);
    default:
      return new DroverError(
        'host-silent',
        `the host that has the bytes of ${label} answered ${status}; see operation ${operationId}`,
      );
  }
}
