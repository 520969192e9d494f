/** What an answer that is no success means: the API's own problem document, or the nearest to it. */
import type { components } from './openapi.d.ts';

export type Problem = components['schemas']['Problem'];

/** The API said no, in its own words. */
export class ApiProblem extends Error {
  readonly problem: Problem;
  /** The API's log has it too. */
  readonly requestId: string | undefined;
  /** `POST /v1/hosts/h2/drain`; nothing where none was sent. */
  readonly request: string;

  constructor(problem: Problem, requestId: string | undefined, request = '') {
    super(problem.detail);
    this.problem = problem;
    this.requestId = requestId;
    this.request = request;
  }
}

/** Something answered that is no Drover API. */
export class NotTheApi extends Error {}

/** A proxy on the way answers in words of its own. */
export function problemFrom(body: unknown, { status, url }: Response): Problem {
  if (isProblem(body)) return body;
  return {
    type: 'about:blank',
    code: status === 503 ? 'unavailable' : 'not-explained',
    title: `HTTP ${status}`,
    status,
    detail: `${url} answered ${status} without saying why`,
    retry: status >= 500 ? 'later' : 'never',
  };
}

function isProblem(body: unknown): body is Problem {
  if (typeof body !== 'object' || body === null) return false;
  const {
    code,
    title,
    detail,
    status,
    retry,
    errors = [],
    rejections = [],
  } = body as Partial<Problem>;
  return (
    [code, title, detail, retry].every((text) => typeof text === 'string') &&
    typeof status === 'number' &&
    Array.isArray(errors) &&
    Array.isArray(rejections)
  );
}
