/** The OpenAPI file as what a fuzzer draws from: each operation with its parameters, its body and its answers. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Answer {
  readonly content?: Readonly<Record<string, { readonly schema: Schema }>>;
}

interface Described {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Answer;
  readonly responses: Readonly<Record<string, Answer>>;
}

export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface Operation {
  readonly method: string;
  /** With parameters in braces. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body: Schema | undefined;
  readonly answers: ReadonlyMap<string, ReadonlyMap<string, Schema>>;
}

/** `GET /v1/vms` and so on. References are replaced by what they refer to. */
export function operationsOf(document: OpenApi): readonly Operation[] {
  const whole = inlined(document);
  return Object.entries(whole.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters = [], requestBody, responses }]) => ({
      method: method.toUpperCase(),
      path,
      parameters,
      body: requestBody?.content?.['application/json']?.schema,
      answers: new Map(
        Object.entries(responses).map(([status, { content = {} }]) => [
          status.toUpperCase(),
          new Map(Object.entries(content).map(([type, { schema }]) => [type, schema])),
        ]),
      ),
    })),
  );
}

function inlined(document: OpenApi): OpenApi {
  const known = new Map<string, unknown>();
  const inner = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(inner);
    if (typeof value !== 'object' || value === null) return value;
    const reference = (value as Schema).$ref;
    if (typeof reference !== 'string') {
      return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inner(one)]));
    }
    const name = reference.replace('#/components/schemas/', '');
    if (!known.has(name)) known.set(name, inner(document.components.schemas[name]));
    return known.get(name);
  };
  return inner(document) as OpenApi;
}
