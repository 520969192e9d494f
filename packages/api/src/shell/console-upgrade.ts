/**
 * What a request for a console says in its subprotocols: the ticket, and of a page, whose browser lets it write no other header,
 * the token as well. Headers of that kind are in no log, and addresses are.
 */
import type { IncomingMessage } from 'node:http';
import { bearerProtocol, consoleProtocol, ticketProtocol } from '@drover/protocol';

/** What goes over to WebSockets at all: everything else is answered as if it had not asked. */
export function isConsoleUpgrade({ url = '', headers }: IncomingMessage): boolean {
  const path = url.split('?', 1)[0] ?? '';
  return /^\/v1\/vms\/[^/]+\/console$/.test(path) && headers.upgrade?.toLowerCase() === 'websocket';
}

export function ticketOf(request: IncomingMessage): string | undefined {
  const offered = offeredIn(request);
  return offered.includes(consoleProtocol) ? behind(ticketProtocol, offered) : undefined;
}

/** Nothing: it is no such request, or says none. */
export function bearerOf(request: IncomingMessage): string | undefined {
  if (!isConsoleUpgrade(request)) return undefined;
  const text = behind(bearerProtocol, offeredIn(request));
  return text === undefined ? undefined : Buffer.from(text, 'base64url').toString();
}

function offeredIn({ headers }: IncomingMessage): readonly string[] {
  return (headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim());
}

function behind(prefix: string, offered: readonly string[]): string | undefined {
  return offered.find((one) => one.startsWith(prefix))?.slice(prefix.length);
}
