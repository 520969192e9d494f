/**
 * One end of one migration's control connection, as a process of its own, so that the death of the agent
 * does not cut a migration under way. Told what to do by one line of JSON on stdin, for which it may wait, answers
 * with one line on stdout, takes exactly one connection, and ends with it, or after a minute without one, or when the time of its
 * order is over. See docs/adr/0006.
 */
import { serveSource } from './tunnel-source.ts';
import { serveTarget } from './tunnel-target.ts';
import { TunnelEnd } from './tunnel-end.ts';
import type { TunnelOrder } from './tunnel-order.ts';

function main(): void {
  let end: TunnelEnd | undefined;
  // A group of its own, but told to go with the host; the agent's end must not end it.
  process.on('SIGTERM', () => (end ? end.end(0) : process.exit(0)));
  process.on('SIGHUP', () => {});
  process.on('SIGINT', () => {});
  process.stdout.on('error', () => {});
  let text = '';
  // Who would have given it an order is gone.
  process.stdin.on('end', () => end ?? process.exit(0));
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (piece: string) => {
    text += piece;
    const line = text.indexOf('\n');
    if (line < 0) return;
    process.stdin.destroy();
    const order = JSON.parse(text.slice(0, line)) as TunnelOrder;
    process.title = `drover-tunnel ${order.side} ${order.opId}`;
    end = new TunnelEnd(order);
    if (order.side === 'target') serveTarget(end, order);
    else serveSource(end, order);
  });
}

if (process.argv[1] === import.meta.filename) main();
