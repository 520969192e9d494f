/** /v1/hosts/{host}/usage and /v1/vms/{vm}/usage: what was used over the last day, as hosts have kept it. */
import { Name } from '@drover/protocol';
import { Type } from 'typebox';
import { requireHost } from '../logic/hosts.ts';
import { hostsOfVm, type UsageAsk, usageBody, usageGrid } from '../logic/usage.ts';
import { findVm } from '../logic/vms.ts';
import type { App, Context } from './context.ts';
import { answers, bodies, closed } from './schemas.ts';

const span = (description: string) =>
  Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,3}(m|h)$', description }));
const Asked = Type.Object(
  {
    since: span('How far back, such as 2h; 24h unless said, and at most'),
    step: span('Of each point; unless said the shortest that gives at most 300 points'),
  },
  closed,
);

export function usageRoutes(app: App, { mirror, leader }: Context): void {
  const read = async (asked: UsageAsk, of: { hostIds: readonly string[]; vmId?: string }) => {
    const grid = usageGrid(asked, Date.now());
    const hostIds = [...of.hostIds];
    if (hostIds.length === 0) return usageBody(grid, { answered: {}, silent: [] });
    return usageBody(grid, await leader.ask({ type: 'usage', ...of, hostIds, grid }));
  };

  app.get(
    '/v1/hosts/:host/usage',
    {
      config: { role: 'viewer' },
      schema: {
        tags: ['hosts'],
        operationId: 'getHostUsage',
        summary: 'What the host used over the last day, as its agent has kept it',
        params: Type.Object({ host: Name }, closed),
        querystring: Asked,
        response: answers({ 200: bodies.usage }),
      },
    },
    ({ params: { host }, query }) => {
      const { id } = requireHost(mirror.records, host);
      return read(query, { hostIds: [id] });
    },
  );

  app.get(
    '/v1/vms/:vm/usage',
    {
      config: { role: 'viewer' },
      schema: {
        tags: ['vms'],
        operationId: 'getVmUsage',
        summary:
          'What the VM used over the last day, wherever it was; hosts that are silent are named',
        params: Type.Object({ vm: Name }, closed),
        querystring: Asked,
        response: answers({ 200: bodies.usage }),
      },
    },
    ({ params: { vm }, query }) => {
      const { id } = findVm(mirror.records, vm).value;
      const { fromMs } = usageGrid(query, Date.now());
      return read(query, { hostIds: hostsOfVm(mirror.records, id, fromMs), vmId: id });
    },
  );
}
