/**
 * The typed client of the API that this page came from, with the token of who is signed in. Every failure becomes
 * an `ApiProblem`; a token that is not accepted ends the session.
 */
import { ApiClient, ApiProblem } from '@drover/client';
import { unreachable } from '../logic/problem-view.ts';
import type { Problem } from '../logic/types.ts';
import { session } from './session.svelte.ts';

/** `fetch` as everything here uses it: nothing is kept, and an API that does not answer is a problem like others. */
export async function reach(path: string, init: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, { cache: 'no-store', credentials: 'same-origin', ...init });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    const cause = error instanceof Error ? error.message : String(error);
    throw new ApiProblem(unreachable(cause), undefined);
  }
  if (response.status === 401) session.signOut('Your token is not accepted any more.');
  return response;
}

export const client = new ApiClient({ baseUrl: '', token: () => session.token, fetch: reach });

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
