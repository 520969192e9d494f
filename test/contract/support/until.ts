/** Waiting in tests: for a condition, with a deadline, never for a time to pass. */
import { setTimeout as wait } from 'node:timers/promises';

/** Polls until the value is truthy and returns it. `pause` is how time passes; a fake may advance. */
export async function until<T>(
  what: string,
  read: () => T | Promise<T>,
  options: { readonly timeoutMs?: number; readonly pause?: (ms: number) => Promise<unknown> } = {},
): Promise<NonNullable<Awaited<T>>> {
  const pauseMs = 20;
  const pause = options.pause ?? wait;
  const rounds = (options.timeoutMs ?? 15_000) / pauseMs;
  for (let round = 0; round < rounds; round += 1) {
    const value = await read();
    if (value) return value;
    await pause(pauseMs);
  }
  throw new Error(`waited in vain until ${what}`);
}
