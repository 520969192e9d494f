/** The lab's way of running programs holds on a machine where they are not installed yet. */
import { expect, it } from 'vitest';
import { run } from '../deploy/lab/docker.ts';

it('a program that is not there is an exit code and a reason, not the end of the process', async () => {
  for (let n = 0; n < 20; n += 1) {
    const ran = await run('no-such-program-of-drover', ['--version']);
    expect(ran.exitCode).not.toBe(0);
    expect(ran.stderr).toContain('ENOENT');
  }
});

it('a program that reads nothing of a long input still ends with its own exit code', async () => {
  const ran = await run('sh', ['-c', 'exit 7'], { input: 'x'.repeat(4 * 1024 * 1024) });
  expect(ran.exitCode).toBe(7);
});
