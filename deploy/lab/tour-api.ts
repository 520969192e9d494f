/** The few requests that the tour makes of the API, and waiting with a deadline. */
import type { api } from '@drover/protocol';
import { setTimeout as pause } from 'node:timers/promises';
import type { Lab } from './lab.ts';

export class TourApi {
  readonly #lab: Lab;

  constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** Throws with the problem document's own words, unless the status is among the expected. */
  async send<T>(
    method: string,
    path: string,
    body?: unknown,
    expected: readonly number[] = [200, 201, 202],
  ): Promise<T> {
    const response = await fetch(`${this.#lab.apiUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#lab.token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(45_000),
    });
    const answer = (await response.json()) as T & { detail?: string };
    if (!expected.includes(response.status)) {
      throw new Error(`${method} ${path}: ${response.status}: ${answer.detail ?? 'no detail'}`);
    }
    return answer;
  }

  async hosts(): Promise<readonly api.HostBody[]> {
    return (await this.send<{ items: api.HostBody[] }>('GET', '/v1/hosts')).items;
  }

  async vms(): Promise<readonly api.VmBody[]> {
    return (await this.send<{ items: api.VmBody[] }>('GET', '/v1/vms')).items;
  }

  operation(id: string): Promise<api.OperationBody> {
    return this.send('GET', `/v1/operations/${id}`);
  }

  /** Waits for an operation's end; anything but `succeeded` is an error in its own words. */
  async succeeded(operation: api.OperationBody): Promise<api.OperationBody> {
    const ended = await until(`operation ${operation.id} ends`, 180_000, async () => {
      const now = await this.operation(operation.id);
      return now.done ? now : undefined;
    });
    if (ended.state !== 'succeeded') {
      const why = ended.error?.message ?? ended.reason ?? 'no reason given';
      throw new Error(`${ended.type} ${ended.vmName ?? ended.hostId ?? ''} ${ended.state}: ${why}`);
    }
    return ended;
  }
}

/** Asks until there is an answer; errors count as "not yet" and are named when time is out. */
export async function until<T>(
  what: string,
  deadlineMs: number,
  ask: () => Promise<T | undefined>,
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
    await pause(200);
  }
  const why = last instanceof Error ? `: ${last.message}` : '';
  throw new Error(`not within ${deadlineMs / 1000} s: ${what}${why}`);
}
