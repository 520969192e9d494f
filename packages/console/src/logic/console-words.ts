/** How a console of a VM is, in words for a person, and whether one that ended is opened again. */
import type { ConsoleNews } from '@drover/protocol';
import { consoleCloses } from '@drover/protocol/console-words';
import type { Tone } from './types.ts';

export interface ConsoleWords {
  readonly tone: Tone;
  readonly text: string;
  /** What is to be done by the one who looks. */
  readonly todo?: 'start' | 'open';
}

export const connecting: ConsoleWords = { tone: 'idle', text: 'connecting' };
export const broken: ConsoleWords = { tone: 'warn', text: 'the API is away; trying again' };

export function newsWords(news: ConsoleNews): ConsoleWords {
  switch (news.state) {
    case 'connected':
      return { tone: 'good', text: `connected, on ${news.host}` };
    case 'moving':
      return {
        tone: 'move',
        text: news.to === undefined ? 'moving' : `moving to ${news.to}`,
      };
    case 'off':
      return { tone: 'warn', text: `the VM is ${news.vmState}`, todo: 'start' };
    case 'waiting':
      return { tone: 'warn', text: `waiting: ${news.reason}` };
  }
}

/** Nothing: the connection broke, and is made anew. */
export function endWords(code: number, reason: string): ConsoleWords | undefined {
  const codes: readonly number[] = Object.values(consoleCloses);
  if (!codes.includes(code)) return undefined;
  const isOver = code === consoleCloses.missing || code === consoleCloses.forbidden;
  return { tone: 'bad', text: reason, ...(isOver ? {} : { todo: 'open' as const }) };
}
