/**
 * Errors as RFC 9457 problem documents. Which error it is was decided where it was thrown; the stable code,
 * its status and what to do next are the catalogue's.
 */
import { type api, type DroverError, errorCatalogue } from '@drover/protocol';

const errorsShown = 32;
const textShown = 1_024;

export interface FieldError {
  /** JSON pointer into the body. */
  readonly path: string;
  readonly message: string;
}

export function problemOf(error: DroverError): api.Problem {
  const { status, title, retry } = errorCatalogue[error.code];
  const { errors, rejections } = error.details;
  return {
    type: `urn:drover:error:${error.code}`,
    code: error.code,
    title,
    status,
    detail: error.message.slice(0, textShown),
    ...(Array.isArray(errors) ? { errors: (errors as FieldError[]).slice(0, errorsShown) } : {}),
    ...(Array.isArray(rejections)
      ? { rejections: rejections as NonNullable<api.Problem['rejections']> }
      : {}),
    retry,
  };
}

/** Seconds for the `Retry-After` header of what is worth another try; nothing where it is not. */
export function retryAfterSeconds(error: DroverError): number | undefined {
  if (error.status === 503) return 2;
  if (error.status === 429) return 5;
  return error.code === 'conflict' ? 1 : undefined;
}
