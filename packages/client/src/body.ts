/** A body by its name in the OpenAPI file: `Body<'Vm'>`. For code that knows no requests, only what they carry. */
import type { components } from './openapi.d.ts';

export type Body<Name extends keyof components['schemas']> = components['schemas'][Name];
