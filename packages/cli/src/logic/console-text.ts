/**
 * Consoles in words, and what is to be done when one ends: come back with a new ticket, or not. What a person types that is
 * meant for this program, and not for the VM.
 */
import { consoleCloses, type ConsoleNews } from '@drover/protocol';
import { type ExitCode, exitCodes } from './exit-code.ts';
import { oneLine } from './harmless.ts';

/** `Ctrl-]`, as telnet and virsh have it. */
const escapeByte = 0x1d;

export interface Typed {
  /** For the VM. */
  readonly bytes: Uint8Array;
  /** They want out. */
  readonly isOut: boolean;
}

export function typedBytes(bytes: Uint8Array): Typed {
  const at = bytes.indexOf(escapeByte);
  return at < 0 ? { bytes, isOut: false } : { bytes: bytes.subarray(0, at), isOut: true };
}

/** Nothing: it goes on as if nothing had been, since it is the first stream. */
export function newsText(vm: string, news: ConsoleNews): string {
  const name = oneLine(vm);
  switch (news.state) {
    case 'connected':
      return `connected to ${name} on ${oneLine(news.host)}`;
    case 'moving':
      return `${name} moves${news.to === undefined ? '' : ` to ${oneLine(news.to)}`}; type on`;
    case 'off':
      return `${name} is ${oneLine(news.vmState)}; this goes on when it runs: drover vm start ${name}`;
    case 'waiting':
      return `${name} cannot be reached (${oneLine(news.reason)}); trying again`;
  }
}

export type ConsoleEnd =
  | { readonly type: 'again' }
  | { readonly type: 'over'; readonly text: string; readonly code: ExitCode };

/** By what the WebSocket was closed with. What is not said to be over is a connection that broke. */
export function consoleEnd(code: number, reason: string): ConsoleEnd {
  const text = oneLine(reason);
  switch (code) {
    case consoleCloses.forbidden:
      return { type: 'over', text, code: exitCodes.denied };
    case consoleCloses.missing:
      return { type: 'over', text, code: exitCodes.refused };
    case consoleCloses.idle:
      return { type: 'over', text, code: exitCodes.done };
    case consoleCloses.taken:
      return { type: 'over', text, code: exitCodes.cancelled };
    default:
      return { type: 'again' };
  }
}

/** `127.0.0.1:5901`; nothing: it is no such address. */
export function listenAddress(
  text: string,
): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([0-9A-Fa-f:]+)\]|([^\s:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || !(port <= 65_535)) return undefined;
  return { host, port };
}
