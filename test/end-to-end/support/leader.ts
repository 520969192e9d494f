/** Which scheduler leads, as its own metrics say. */
import type { Lab } from '@drover/deploy/lab';
import { until } from './until.ts';

export interface Leader {
  readonly service: string;
  readonly epoch: bigint;
}

/** The one that leads now, `except` left out. */
export async function findLeader(lab: Lab, except = ''): Promise<Leader | undefined> {
  for (const service of ['scheduler1', 'scheduler2']) {
    if (service === except) continue;
    const metrics = await lab.metrics(service);
    const epoch = /^drover_scheduler_epoch (\d+)$/m.exec(metrics)?.[1];
    if (/^drover_scheduler_is_leader 1$/m.test(metrics) && epoch !== undefined) {
      return { service, epoch: BigInt(epoch) };
    }
  }
  return undefined;
}

export function leaderOf(lab: Lab, except = ''): Promise<Leader> {
  const what = except === '' ? 'a scheduler leads' : `another than ${except} leads`;
  return until(what, () => findLeader(lab, except), { deadlineMs: 60_000 });
}
