/**
 * /v1/events as it comes, for as long as the page lives: resumes where it broke off, waits longer each time that
 * it cannot, and says when everything has to be read again.
 */
import { SseParser } from '@drover/cli/words';
import type { ApiEvent } from '../logic/types.ts';
import { ApiProblem } from '@drover/client';
import { client } from './api-client.ts';

export interface Listener {
  /** Reads all lists; gives the revision from which events are to be told. */
  readonly list: (signal: AbortSignal) => Promise<string | undefined>;
  readonly events: (events: readonly ApiEvent[]) => void;
  readonly heard: () => void;
  readonly lost: (error: unknown) => void;
}

/** A page that nobody looks at gives its connection back: a browser has six for a site, and tabs add up. */
const hiddenMs = 20_000;
/** A comment comes every 15 s; a stream that is silent for so long is dead. */
const silenceMs = 40_000;
const shortestWaitMs = 400;
const longestWaitMs = 10_000;

export async function follow(listener: Listener, signal: AbortSignal): Promise<void> {
  let from: string | undefined;
  let waitMs = shortestWaitMs;
  while (!signal.aborted) {
    await whileHidden(signal);
    try {
      from ??= await listener.list(signal);
      const since = from === undefined ? {} : { 'last-event-id': from };
      await listen(since, signal, (events, id) => {
        waitMs = shortestWaitMs;
        listener.heard();
        from = id ?? from;
        if (events.length > 0) listener.events(events);
      });
    } catch (error) {
      if (signal.aborted) return;
      // Too old, or of another life of etcd: what was missed is not kept, so all is read again.
      if (error instanceof ApiProblem && error.problem.code === 'gone') from = undefined;
      else listener.lost(error);
    }
    await pause(waitMs * (0.75 + Math.random() / 2), signal);
    waitMs = Math.min(longestWaitMs, waitMs * 2);
  }
}

type Heard = (events: readonly ApiEvent[], lastId: string | undefined) => void;

async function listen(
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  heard: Heard,
): Promise<void> {
  const silent = new AbortController();
  let timer = setTimeout(() => silent.abort(), silenceMs);
  let away: ReturnType<typeof setTimeout> | undefined;
  const looked = () => {
    clearTimeout(away);
    if (document.hidden) away = setTimeout(() => silent.abort(), hiddenMs);
  };
  document.addEventListener('visibilitychange', looked);
  try {
    const response = await client.open('get', '/v1/events', {
      headers: { ...headers, accept: 'text/event-stream' },
      signal: AbortSignal.any([signal, silent.signal]),
    });
    if (response.body === null) return;
    heard([], undefined);
    const parser = new SseParser();
    for (const reader = response.body.pipeThrough(new TextDecoderStream()).getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), silenceMs);
      const parsed = parser.push(value);
      heard(
        parsed.map(({ data }) => JSON.parse(data) as ApiEvent),
        parsed.at(-1)?.id,
      );
    }
  } finally {
    clearTimeout(timer);
    clearTimeout(away);
    document.removeEventListener('visibilitychange', looked);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

/** Resolves once somebody looks. */
function whileHidden(signal: AbortSignal): Promise<void> {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    const looked = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener('visibilitychange', looked);
      signal.removeEventListener('abort', looked);
      resolve();
    };
    document.addEventListener('visibilitychange', looked);
    signal.addEventListener('abort', looked);
  });
}
