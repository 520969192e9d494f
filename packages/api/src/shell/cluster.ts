/** /v1/cluster/cpu: the CPU that new VMs start with, and computing it anew. */
import { clusterCpuBody, recomputeCpu } from '../logic/cluster-cpu.ts';
import { sendAccepted } from './accepted.ts';
import { type App, type Context, newOperation } from './context.ts';
import { answers, bodies } from './schemas.ts';

const tags = ['cluster'];
const path = '/v1/cluster/cpu';

export function clusterRoutes(app: App, context: Context): void {
  app.get(
    path,
    {
      config: { role: 'viewer' },
      schema: {
        tags,
        operationId: 'getClusterCpu',
        summary: 'The CPU that new VMs start with, and the hosts that cannot give it',
        response: answers({ 200: bodies.clusterCpu }),
      },
    },
    async () => {
      const gaps = await context.leader.askIfThere({ type: 'cpu-gaps' });
      return clusterCpuBody(context.mirror.records, gaps?.hosts ?? []);
    },
  );

  app.post(
    path,
    {
      config: { role: 'admin' },
      schema: {
        tags,
        operationId: 'recomputeClusterCpu',
        summary: 'Find the CPU that all hosts can give; new VMs start with it from then on',
        response: answers({ 202: bodies.operation }),
      },
    },
    async (request, reply) => {
      const ask = newOperation(request);
      await context.writer.write((records) => recomputeCpu(records, ask));
      return sendAccepted(reply, context, ask.id);
    },
  );
}
