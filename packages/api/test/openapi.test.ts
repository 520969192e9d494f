import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { vmId, World } from './support/world.ts';

type Methods = Readonly<
  Record<
    string,
    { readonly requestBody?: { readonly required?: boolean; readonly content?: object } }
  >
>;

let world: World;
beforeAll(async () => {
  world = await World.start();
});
afterAll(async () => world[Symbol.asyncDispose]());

describe('the OpenAPI file', () => {
  it('keeps our names, and refers to nothing that is not in it', async () => {
    const { body } = await world.send('GET', '/openapi.json', undefined, { role: 'nobody' });
    const schemas = (body['components'] as { schemas: object }).schemas;
    expect(body['openapi']).toBe('3.1.0');
    for (const name of ['Vm', 'Host', 'Operation', 'DrainPlan', 'Problem', 'VmCreate']) {
      expect(Object.keys(schemas)).toContain(name);
    }
    const references = [...JSON.stringify(body).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to);
    expect(references.length).toBeGreaterThan(20);
    for (const to of references) {
      expect(Object.keys(schemas)).toContain(to?.replace('#/components/schemas/', ''));
    }
  });

  it('says which bodies may be left out, and those alone may', async () => {
    const { body } = await world.send('GET', '/openapi.json');
    const paths = Object.entries(body['paths'] as Readonly<Record<string, Methods>>);
    const asked = paths.flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([, { requestBody }]) => 'application/json' in (requestBody?.content ?? {}))
        .map(([method, { requestBody }]) => ({ path, method, required: requestBody?.required })),
    );
    expect(asked.length).toBeGreaterThan(20);
    for (const { path, method, required } of asked) {
      const url = path.replace('{id}', vmId).replaceAll(/\{[a-z]+\}/g, 'nobody');
      const { body: answer } = await world.send(method.toUpperCase() as 'POST', url);
      expect([method, path, answer['code'] === 'invalid-body']).toEqual([method, path, required]);
    }
  });

  it('describes every route of /v1', async () => {
    const { body } = await world.send('GET', '/openapi.json');
    expect(Object.keys(body['paths'] as object).toSorted()).toEqual([
      '/v1',
      '/v1/audit',
      '/v1/balance',
      '/v1/balance/history',
      '/v1/balance/plan',
      '/v1/cluster',
      '/v1/cluster/cpu',
      '/v1/cluster/era',
      '/v1/cluster/headroom',
      '/v1/dump',
      '/v1/events',
      '/v1/hosts',
      '/v1/hosts/{host}',
      '/v1/hosts/{host}/cordon',
      '/v1/hosts/{host}/drain',
      '/v1/hosts/{host}/drain/pause',
      '/v1/hosts/{host}/drain/resume',
      '/v1/hosts/{host}/drain/retry',
      '/v1/hosts/{host}/recover',
      '/v1/hosts/{host}/restore',
      '/v1/hosts/{host}/usage',
      '/v1/images',
      '/v1/images/{image}',
      '/v1/images/{image}/content',
      '/v1/images/{image}/verify',
      '/v1/join',
      '/v1/join/tokens',
      '/v1/join/tokens/{id}',
      '/v1/login',
      '/v1/login/oidc',
      '/v1/login/oidc/callback',
      '/v1/migrations',
      '/v1/migrations/{operation}',
      '/v1/operations',
      '/v1/operations/{operation}',
      '/v1/placements',
      '/v1/pools',
      '/v1/pools/{pool}',
      '/v1/pools/{pool}/doctor',
      '/v1/pools/{pool}/orphans',
      '/v1/pools/{pool}/orphans/{file}',
      '/v1/recommendations',
      '/v1/recommendations/{recommendation}',
      '/v1/recommendations/{recommendation}/apply',
      '/v1/recommendations/{recommendation}/dismiss',
      '/v1/rules',
      '/v1/rules/{rule}',
      '/v1/rules/{rule}/enforce',
      '/v1/session',
      '/v1/settings/balance',
      '/v1/settings/images',
      '/v1/settings/migration',
      '/v1/tokens',
      '/v1/tokens/{token}',
      '/v1/vms',
      '/v1/vms/{vm}',
      '/v1/vms/{vm}/clone',
      '/v1/vms/{vm}/console',
      '/v1/vms/{vm}/explain',
      '/v1/vms/{vm}/migrate',
      '/v1/vms/{vm}/pause',
      '/v1/vms/{vm}/reboot',
      '/v1/vms/{vm}/rename',
      '/v1/vms/{vm}/resize',
      '/v1/vms/{vm}/resume',
      '/v1/vms/{vm}/save',
      '/v1/vms/{vm}/start',
      '/v1/vms/{vm}/stop',
      '/v1/vms/{vm}/unpause',
      '/v1/vms/{vm}/usage',
      '/v1/volumes',
      '/v1/volumes/{volume}',
      '/v1/volumes/{volume}/content',
      '/v1/volumes/{volume}/copy',
      '/v1/volumes/{volume}/download',
      '/v1/volumes/{volume}/move',
      '/v1/volumes/{volume}/resize',
      '/v1/volumes/{volume}/snapshots',
      '/v1/volumes/{volume}/snapshots/{snapshot}',
      '/v1/volumes/{volume}/snapshots/{snapshot}/revert',
      '/v1/volumes/{volume}/upload',
    ]);
  });
});

it('every feature that is announced is explained in docs/api.md, and none that is not', async () => {
  const docs = readFileSync(new URL('../../../docs/api.md', import.meta.url), 'utf8');
  const [, section = ''] = docs.split('\n## Features\n');
  const [table = ''] = section.split('\n## ');
  const explained = [...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, name]) => name);
  const { body } = await world.send('GET', '/v1');
  expect(explained).toEqual(body['features']);
});

it('metrics count requests by route, not by address', async () => {
  await world.send('GET', '/v1/vms/nobody');
  const { body } = await world.send('GET', '/metrics', undefined, { role: 'nobody' });
  expect(body['text']).toContain(
    'drover_api_requests_total{method="GET",route="/v1/vms/:vm",status="404"} 1',
  );
});

it('the cluster as text comes as the leader wrote it, and as JSON', async () => {
  const { headers, payload } = await world.app.inject({
    method: 'GET',
    url: '/v1/dump',
    headers: { authorization: 'Bearer viewer-token' },
  });
  expect(headers['content-type']).toMatch(/^application\/json/);
  expect(payload).toBe('{"hosts":[\n{"id":"h1"}\n]}\n');
});
