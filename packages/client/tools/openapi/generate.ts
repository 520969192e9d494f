/**
 * The OpenAPI file and the types that follow from it, as text: from the API's own routes, so that neither can
 * say what the API does not do. Writes nothing.
 */
import { buildApp } from '@drover/api';
import { createFakeBus } from '@drover/bus/testing';
import { createFakeStore } from '@drover/store/testing';
import openapiTS, { astToString } from 'openapi-typescript';
import { pino } from 'pino';

export interface Generated {
  /** Relative to the package, with its text. */
  readonly path: string;
  readonly text: string;
}

export async function generate(): Promise<readonly Generated[]> {
  const document = await describeApi();
  const types = astToString(await openapiTS(structuredClone(document) as never));
  return [
    { path: 'openapi.json', text: `${JSON.stringify(document, undefined, 1)}\n` },
    { path: 'src/openapi.d.ts', text: `${head}\n${types}` },
  ];
}

const head =
  '/** Generated from openapi.json by `npm run -s openapi`. Not to be changed by hand. */';

/** Its routes need neither etcd nor NATS to be described. */
async function describeApi(): Promise<object> {
  await using store = createFakeStore({ clock: 'system' });
  await using bus = createFakeBus().connect({ role: 'api' });
  const log = pino({ level: 'silent' });
  const app = await buildApp({ store, bus, log, tokens: [], join: { requireServers: () => [] } });
  try {
    await app.ready();
    return JSON.parse(JSON.stringify(app.swagger())) as object;
  } finally {
    await app.close();
  }
}
