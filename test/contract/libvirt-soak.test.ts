/**
 * The soak in small: what `npm run soak` does for an hour's worth of events, for a few seconds. Runs as a
 * process of its own, because a test runner's heap is no measure.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('../soak/main.ts', import.meta.url));

it('loses no event without saying so, and leaks nothing, over restarts of the daemon', async () => {
  const args = ['--expose-gc', program, '--rounds', '4000', '--restarts', '4'];
  const { stdout } = await promisify(execFile)('node', args);
  const told: unknown = JSON.parse(stdout);
  expect(told).toMatchObject({ restarted: 4, resyncs: 4, lost: 0 });
  expect(told).not.toHaveProperty('leak');
});
