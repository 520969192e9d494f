/** One scripted API for each test, gone after it, and nothing left that the protocol does not know. */
import { afterEach, expect } from 'vitest';
import { type Route, ScriptedApi } from './scripted-api.ts';

/** To be called once at the top of a test file. */
export function serving(): (routes: Readonly<Record<string, Route>>) => Promise<ScriptedApi> {
  const servers: ScriptedApi[] = [];
  afterEach(async () => {
    const ended = servers.splice(0);
    for (const server of ended) await server.stop();
    expect(ended.flatMap((server) => server.wrongs)).toEqual([]);
  });
  return async (routes) => {
    const server = new ScriptedApi(routes);
    servers.push(server);
    await server.start();
    return server;
  };
}
