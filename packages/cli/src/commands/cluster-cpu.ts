/** `drover cluster cpu`: the CPU that new VMs start with, so that any host can take them later. */
import type { Command } from 'commander';
import { clusterCpuText } from '../logic/cluster-cpu-text.ts';
import { exitCodes } from '../logic/exit-code.ts';
import { act } from '../shell/act.ts';
import { type FinishFlags, finishOperation } from '../shell/finish-operation.ts';
import { printData, tell } from '../shell/print.ts';
import { examples, withWait } from './options.ts';

const path = '/v1/cluster/cpu';

export function addClusterCpu(cluster: Command): void {
  const cpu = cluster.command('cpu').description('the CPU that new VMs start with');
  const show = cpu
    .command('show')
    .summary('what it is, and which hosts cannot give it')
    .description(
      'Shows the CPU that new VMs start with, which hosts it was computed from, by whom and when, ' +
        'and the hosts that cannot give it. Without one VMs start with what their host can give.',
    );
  examples(show, ['drover cluster cpu show']);
  act(show, async (session) => {
    const body = await session.client.get(path);
    if (session.output === 'data') printData(session, body);
    else {
      const when = body.atMs === undefined ? '' : new Date(body.atMs).toISOString();
      tell(session, clusterCpuText(body, when));
    }
    return exitCodes.done;
  });
  const recompute = withWait(cpu.command('recompute'))
    .summary('find what all hosts can give')
    .description(
      'Asks every host that is up what CPU it can give, and finds what all of them can. New VMs ' +
        'start with it from then on; those that run keep theirs. It is never recomputed by itself.',
    );
  examples(recompute, ['drover cluster cpu recompute']);
  act<FinishFlags>(recompute, (session, { options }) =>
    finishOperation(session, options, () => session.client.post(path)),
  );
}
