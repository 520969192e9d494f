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
  readonly signal?: AbortSignal | undefined;
  /** Further ones, as `If-Match`. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes instead of JSON, sent as fast as they are taken. */
  readonly stream?: ReadableStream<Uint8Array>;
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

/** The body of an answer with that status. */
type BodyAt<O, Status extends number> = O extends { responses: infer R }
  ? Status extends keyof R
    ? R[Status] extends { content: { 'application/json': infer B } }
      ? B
      : never
    : never
  : never;

/** Of a write that only asks for something, or makes it. */
type Later<O> = Exclude<BodyAt<O, 201> | BodyAt<O, 202>, Body<'Rehearsal'>>;

/** The body of a success. What dry runs say is asked for by `rehearse` and `plan`. */
export type AnswerTo<O> = [Later<O>] extends [never]
  ? Exclude<BodyAt<O, 200>, Body<'Rehearsal' | 'RulePlan' | 'VmActionPlan'>>
  : Later<O>;

/** What a dry run shows, of a write that has a plan to show. */
export type PlanOf<O> = Exclude<BodyAt<O, 200>, Body<'Rehearsal'> | AnswerTo<O>>;

/** The paths that answer with a list, perhaps in pages. */
export type ListPaths = {
  [P in PathsOf<'get'>]: AnswerTo<OperationOf<'get', P>> extends { items: readonly unknown[] }
    ? P
    : never;
}[PathsOf<'get'>];

export type ItemOf<P extends ListPaths> =
  AnswerTo<OperationOf<'get', P>> extends { items: readonly (infer Item)[] } ? Item : never;
