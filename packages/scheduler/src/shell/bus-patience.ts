/** How long NATS is out of reach. A connection that comes back soon is nothing to act on. */
import type { Bus } from '@drover/bus';

/** Aborts once the bus has been disconnected for so long without a break. */
export function awayFor(
  bus: Bus,
  patienceMs: number,
): Disposable & { readonly signal: AbortSignal } {
  const away = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const watching = bus.onStatus((state) => {
    clearTimeout(timer);
    timer = undefined;
    if (state === 'disconnected') timer = setTimeout(() => away.abort(), patienceMs);
  });
  return {
    signal: away.signal,
    [Symbol.dispose]: () => {
      watching.close();
      clearTimeout(timer);
    },
  };
}

/** Resolves when the bus is connected, or the signal aborts. */
export async function connected(bus: Bus, signal: AbortSignal): Promise<void> {
  if (bus.state === 'connected' || signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const watching = bus.onStatus((state) => {
    if (state === 'connected') resolve();
  });
  signal.addEventListener('abort', () => resolve(), { once: true });
  await promise;
  watching.close();
}
