/**
 * Stands for the agent of a host, inside the container that plays it: takes storage actions as lines of JSON, and tells
 * their outcomes and progress as lines. Ends with its stdin, and like an agent leaves what it then finds to the next.
 */
import { createInterface } from 'node:readline';
import type { HypervisorAction } from '../../../packages/agent/src/logic/index.ts';
import { StorageJobs } from '../../../packages/agent/src/shell/storage/storage-jobs.ts';

type StorageAction = Extract<
  HypervisorAction,
  { type: 'storage-job' | 'abort-job' | 'open-transfer' | 'list-files' }
>;

/** `id` is the caller's. */
export type PlayedLine = { readonly id: number } & StorageAction;

const [hostId = 'h1', address = '127.0.0.1', basePort = '16540'] = process.argv.slice(2);
const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
const jobs = new StorageJobs({
  hostId,
  transfers: { host: address, basePort: Number(basePort) },
  usable: async () => {},
  onProgress: (progress) => say({ progress }),
  onBegan: () => {},
  onEnded: (ended) => say({ ended }),
  warn: (warning) => say({ warning }),
});

async function list({ pool, ...ask }: Extract<StorageAction, { type: 'list-files' }>) {
  const answer = { kind: 'list-files', ...(await jobs.list(pool, ask)) } as const;
  return { outcome: 'done', answer };
}

function act(action: StorageAction) {
  switch (action.type) {
    case 'storage-job':
      return jobs.run(action);
    case 'abort-job':
      return jobs.abort(action);
    case 'open-transfer':
      return jobs.openTransfer(action);
    case 'list-files':
      return list(action);
  }
}

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { id, ...action } = JSON.parse(line) as PlayedLine;
  void act(action).then((outcome) => say({ id, outcome }));
});
lines.on('close', () => {
  jobs[Symbol.dispose]();
  process.exit(0);
});
say({ pid: process.pid });
