/**
 * How much is done at a time: jobs with files take long, and no migration or start waits for them; what ends something
 * waits for nobody.
 */
import type { AgentSettings } from './port.ts';
import type { Step } from './steps.ts';

const jobKinds: readonly string[] = ['storage-job', 'disk-job', 'save-vm'];
const urgentKinds: readonly string[] = ['abort-migration', 'abort-job'];

export function isJob(kind: string): boolean {
  return jobKinds.includes(kind);
}

export class Lanes {
  #free: number;
  #freeForJobs: number;

  /** `acting`: what has the hands now. */
  constructor(
    { parallelActions, parallelJobs }: AgentSettings,
    acting: readonly Pick<Step, 'kind'>[],
  ) {
    const jobs = acting.filter(({ kind }) => isJob(kind)).length;
    this.#free = parallelActions - (acting.length - jobs);
    this.#freeForJobs = parallelJobs - jobs;
  }

  /** False: it has to wait. */
  take(kind: string): boolean {
    if (isJob(kind)) {
      if (this.#freeForJobs <= 0) return false;
      this.#freeForJobs -= 1;
      return true;
    }
    if (this.#free <= 0 && !urgentKinds.includes(kind)) return false;
    this.#free -= 1;
    return true;
  }
}
