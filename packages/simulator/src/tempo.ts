/** How long things take. `steady` for scenarios, whose traces people read; `uneven` for swarms. */
import type { Range } from '@drover/core';

export interface Tempo {
  /** One way through NATS. */
  readonly busMs: Range;
  /** One way to etcd, and a watch's news. */
  readonly etcdMs: Range;
  readonly watchMs: Range;
  readonly fsyncMs: Range;
  readonly lookMs: Range;
  readonly disksMs: Range;
  /** Of a job with files of pools. */
  readonly jobsMs: Range;
  readonly startMs: Range;
  /** From the power button to the end of the VM. */
  readonly shutdownMs: Range;
  readonly switchOverMs: Range;
  readonly restartMs: Range;
  /** From a lost connection to NATS to the next try. */
  readonly reconnectMs: Range;
  readonly linkMibPerSecond: number;
}

export const steady: Tempo = {
  busMs: [5, 5],
  etcdMs: [2, 2],
  watchMs: [4, 4],
  fsyncMs: [2, 2],
  lookMs: [20, 20],
  disksMs: [100, 100],
  jobsMs: [2_000, 2_000],
  startMs: [800, 800],
  shutdownMs: [3_000, 3_000],
  switchOverMs: [200, 200],
  restartMs: [1_000, 1_000],
  reconnectMs: [500, 500],
  linkMibPerSecond: 200,
};

export const uneven: Tempo = {
  busMs: [1, 40],
  etcdMs: [1, 25],
  watchMs: [1, 60],
  fsyncMs: [1, 30],
  lookMs: [5, 400],
  disksMs: [10, 1_500],
  jobsMs: [50, 20_000],
  startMs: [100, 3_000],
  shutdownMs: [500, 12_000],
  switchOverMs: [20, 900],
  restartMs: [500, 8_000],
  reconnectMs: [200, 1_500],
  linkMibPerSecond: 200,
};
