/** What is not about the cluster but about this process: what it is, whether it works, its numbers. */
import { DroverError, keys, protocolVersion } from '@drover/protocol';
import type { Bus } from '@drover/bus';
import type { Store } from '@drover/store';
import { Type } from 'typebox';
import type { Page } from './console.ts';
import type { App, Context } from './context.ts';
import { answers } from './schemas.ts';

/** By these words programs find out what an older API lacks; docs/api.md has what each means. */
const features = [
  'audit',
  'balance',
  'balance-history',
  'cloud-init',
  'cluster-cpu',
  'cold-moves',
  'conditions',
  'consoles',
  'cordons',
  'drain-pause',
  'drain-retry',
  'drain-wishes',
  'drains',
  'dry-run',
  'dump',
  'era',
  'etags',
  'events',
  'explanations',
  'filters',
  'forget-hosts',
  'headroom',
  'idempotency-keys',
  'images',
  'labels',
  'migration-policies',
  'migrations',
  'move-plans',
  'operation-cancel',
  'operations-wait',
  'orphans',
  'pages',
  'placements',
  'pool-doctor',
  'pools',
  'recoveries',
  'restores',
  'rules',
  'saved-memory',
  'sessions',
  'tokens',
  'usage-history',
  'vm-balance',
  'volumes',
];
/** Anybody may ask, so the parts are asked at most this often. */
const readinessMs = 500;
const hidden = { hide: true } as const;

export interface SystemParts {
  readonly store: Store;
  readonly bus: Bus;
  readonly page: Page;
}

export function systemRoutes(app: App, context: Context, { store, bus, page }: SystemParts): void {
  const { metrics } = context;
  let known: { readonly atMs: number; readonly missing: Promise<readonly string[]> } | undefined;
  const missing = () => {
    const now = performance.now();
    if (known === undefined || now - known.atMs > readinessMs) {
      known = { atMs: now, missing: findMissing(context, store, bus) };
    }
    return known.missing;
  };

  const about = {
    name: 'drover',
    what: 'the HTTP API of a Drover cluster: plain libvirt hosts as one',
    start: ['/v1', '/openapi.json', '/readyz', '/metrics'],
    docs: 'docs/api.md of the source',
  };
  app.get('/', { schema: hidden }, (request, reply) => page(request, reply) ?? about);

  app.get(
    '/v1',
    {
      config: { role: 'viewer' },
      schema: {
        tags: ['system'],
        operationId: 'getFeatures',
        summary: 'What this API can do',
        response: answers({
          200: Type.Object({
            version: Type.String(),
            protocol: Type.Integer(),
            features: Type.Array(Type.String()),
          }),
        }),
      },
    },
    () => ({ version: 'v1', protocol: protocolVersion, features }),
  );

  app.get('/healthz', { config: { rateLimit: false }, schema: hidden }, () => ({ healthy: true }));

  app.get('/readyz', { config: { rateLimit: false }, schema: hidden }, async (_request, reply) => {
    const lacks = await missing();
    if (lacks.length > 0) void reply.code(503).header('retry-after', '2');
    return { ready: lacks.length === 0, missing: lacks };
  });

  app.get('/metrics', { schema: hidden }, async (_request, reply) => {
    await missing();
    void reply.header('content-type', metrics.registry.contentType).serializer(String);
    return metrics.registry.metrics();
  });

  app.get('/openapi.json', { schema: hidden }, () => app.swagger());
}

async function findMissing(
  { mirror, leader, metrics }: Context,
  store: Store,
  bus: Bus,
): Promise<readonly string[]> {
  const reason = (error: unknown) => (error instanceof DroverError ? error.message : String(error));
  const [etcd, leads] = await Promise.all([
    store.get(keys.lastCommit()).then(() => undefined, reason),
    leader.ask({ type: 'leader' }).then((answer) => answer.leader.problem, reason),
  ]);
  const isConnected = bus.state === 'connected';
  metrics.part('store', etcd === undefined);
  metrics.part('bus', isConnected);
  metrics.part('leader', leads === undefined);
  return [
    ...(etcd === undefined ? [] : [`etcd: ${etcd}`]),
    ...(mirror.isLoaded ? [] : ['etcd: not read yet']),
    ...(isConnected ? [] : [`NATS: ${bus.stats.lastError ?? 'not connected'}`]),
    ...(leads === undefined ? [] : [`a leading scheduler: ${leads}`]),
  ];
}
