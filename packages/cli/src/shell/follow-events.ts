/** The API’s stream of events: resumed after a break where it stopped, restarted where that is gone. */
import { ApiProblem } from '@drover/client';
import type { api } from '@drover/protocol';
import { eventText } from '../logic/event-text.ts';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { SseParser } from '../logic/sse.ts';
import { printOneOfMany } from './print.ts';
import type { Session } from './session.ts';
import { Detached, Waiting } from './waiting.ts';

const patienceMs = 10 * 60_000;
const againMs = 500;

export async function followEvents(session: Session): Promise<ExitCode> {
  const waiting = new Waiting({
    timeoutMs: undefined,
    patienceMs,
    note: (text) => session.terminal.err([text]),
  });
  let lastId: string | undefined;
  try {
    for (;;) {
      const stream = await waiting.ask((signal) => open(session, lastId, signal));
      if (stream === 'gone') {
        session.terminal.err(['some events are no longer kept; going on with the newest']);
        lastId = undefined;
        continue;
      }
      lastId = await read(session, stream, lastId);
      // A stream that ends, and ends again, must not become a storm of requests.
      await waiting.pause(againMs);
    }
  } catch (error) {
    if (error instanceof Detached) return exitCodes.done;
    throw error;
  } finally {
    waiting.end();
  }
}

async function open(
  session: Session,
  lastId: string | undefined,
  signal: AbortSignal,
): Promise<ReadableStream<Uint8Array> | 'gone'> {
  try {
    const response = await session.client.open('get', '/v1/events', {
      signal,
      headers: {
        accept: 'text/event-stream',
        ...(lastId === undefined ? {} : { 'last-event-id': lastId }),
      },
    });
    return response.body ?? new ReadableStream();
  } catch (error) {
    if (lastId !== undefined && error instanceof ApiProblem && error.problem.status === 410) {
      return 'gone';
    }
    throw error;
  }
}

/** Until the stream ends, however it ends: opening it anew tells what is wrong. */
async function read(
  session: Session,
  stream: ReadableStream<Uint8Array>,
  fromId: string | undefined,
): Promise<string | undefined> {
  const parser = new SseParser();
  const decoder = new TextDecoder();
  let lastId = fromId;
  try {
    for await (const piece of stream) {
      for (const { data, id } of parser.push(decoder.decode(piece, { stream: true }))) {
        lastId = id ?? lastId;
        print(session, data);
      }
    }
  } catch {
    // Broken off, or Ctrl-C: the caller looks which.
  }
  return lastId;
}

function print(session: Session, data: string): void {
  let event: unknown;
  try {
    event = JSON.parse(data);
  } catch {
    return session.terminal.err([`not understood: ${oneLine(data)}`]);
  }
  if (session.output === 'data') return printOneOfMany(session, event);
  const time = new Date().toTimeString().slice(0, 8);
  session.terminal.out([
    isKnown(event) ? `${time}  ${eventText(event)}` : `${time}  ${oneLine(data)}`,
  ]);
}

/** The types of `api.ApiEvent`; what a newer API adds is shown as it came. */
function isKnown(event: unknown): event is api.ApiEvent {
  if (typeof event !== 'object' || event === null || !('type' in event)) return false;
  switch (event.type) {
    case 'vm':
    case 'host':
    case 'operation':
      return event.type in event;
    case 'migration-progress':
      return 'percent' in event;
    default:
      return false;
  }
}
