/** Waiting for a condition with a deadline; the tests' only way of waiting. */
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Asks until the answer is not undefined. Errors of `ask` count as "not yet" and are named when time is
 * out, so that a restarting server is waited for.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined>,
  { deadlineMs = 90_000, everyMs = 250 }: { deadlineMs?: number; everyMs?: number } = {},
): Promise<T> {
  const end = performance.now() + deadlineMs;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const answer = await ask();
      if (answer !== undefined) return answer;
      last = undefined;
    } catch (error) {
      last = error;
    }
    await pause(everyMs);
  }
  throw new Error(`after ${deadlineMs} ms still not: ${what}`, { cause: last });
}
