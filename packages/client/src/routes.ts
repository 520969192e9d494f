/** What may be asked and what comes back, as types made of the OpenAPI file's. Nothing of it is there at run time. */
import type { Body } from './body.ts';
import type { paths } from './openapi.d.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** The paths that answer to a method. */
export type PathsOf<M extends Method> = {
  [P in keyof paths]: paths[P] extends Readonly<Record<M, OperationShape>> ? P : never;
}[keyof paths];

interface OperationShape {
  readonly parameters: object;
  readonly responses: object;
}

export type OperationOf<M extends Method, P extends PathsOf<M>> =
  paths[P] extends Readonly<Record<M, infer O>> ? O : never;

interface Common {
  readonly signal?: AbortSignal;
  /** Further ones, as `If-Match`. */
  readonly headers?: Readonly<Record<string, string>>;
}

type Own<O> = O extends { parameters: infer P }
  ? (P extends { path: infer Values } ? { readonly path: Values } : { readonly path?: never }) &
      (P extends { query?: infer Values }
        ? { readonly query?: Values }
        : { readonly query?: never })
  : never;

type Sent<O> = O extends { requestBody: { content: { 'application/json': infer B } } }
  ? { readonly body: B }
  : O extends { requestBody?: { content: { 'application/json': infer B } } }
    ? { readonly body?: B }
    : { readonly body?: never };

export type AskOf<O> = Common & Own<O> & Sent<O>;

/** Left out altogether where nothing has to be said. */
export type AskArguments<O> = object extends AskOf<O> ? [ask?: AskOf<O>] : [ask: AskOf<O>];

/** The body of a success; of a route that has several, one of them. What dry runs say is asked for by `rehearse`. */
export type AnswerTo<O> = O extends { responses: infer R }
  ? {
      [Status in keyof R & (200 | 201 | 202)]: R[Status] extends {
        content: { 'application/json': infer B };
      }
        ? Exclude<B, Body<'Rehearsal'>>
        : never;
    }[keyof R & (200 | 201 | 202)]
  : never;

/** The paths of lists that come in pages. */
export type PagesOf = {
  [P in PathsOf<'get'>]: AnswerTo<OperationOf<'get', P>> extends {
    items: unknown[];
    continue?: string;
  }
    ? P
    : never;
}[PathsOf<'get'>];

export type ItemOf<P extends PagesOf> =
  AnswerTo<OperationOf<'get', P>> extends { items: (infer Item)[] } ? Item : never;
