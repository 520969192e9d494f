/**
 * The typed client of the API that this page came from; who is signed in the browser's cookie says. Every failure becomes
 * an `ApiProblem`; a cookie that is not accepted any more ends the session.
 */
import { ApiClient, ApiProblem } from '@drover/client';
import { unreachable } from '../logic/problem-view.ts';
import type { Problem } from '../logic/types.ts';
import { session } from './session.svelte.ts';

/** `fetch` as everything here uses it: nothing is kept, and an API that does not answer is a problem like others. */
export async function reach(path: string, init: RequestInit): Promise<Response> {
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries(session.headersFor(init.method ?? 'GET'))) {
    headers.set(name, value);
  }
  let response: Response;
  try {
    response = await fetch(path, {
      cache: 'no-store',
      credentials: 'same-origin',
      ...init,
      headers,
    });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    const cause = error instanceof Error ? error.message : String(error);
    throw new ApiProblem(unreachable(cause), undefined);
  }
  if (response.status === 401 || response.status === 403) void session.doubt();
  return response;
}

export const client = new ApiClient({ baseUrl: '', fetch: reach });

interface Shown {
  readonly problem: Problem;
  readonly requestId: string | undefined;
}

/** What a person is shown of whatever was thrown. */
export function problemOf(error: unknown): Shown {
  if (error instanceof ApiProblem) return error;
  const detail = error instanceof Error ? error.message : String(error);
  const problem = { ...unreachable(detail), title: 'A defect in this page', code: 'internal' };
  return { problem, requestId: undefined };
}
