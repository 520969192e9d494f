/** A lab goes away whole, also where Docker holds something to one of its networks that the lab did not make. */
import { takeDown } from '@drover/deploy/lab';
import { afterEach, expect, it } from 'vitest';
import { controlImage, docker, requireImage } from './support/docker.ts';

const project = `drover-teardown-${process.pid}`;
const network = `${project}_control`;
const stranger = `stranger-${process.pid}`;

afterEach(async () => {
  await docker('rm', '--force', stranger).catch(() => undefined);
  await docker('network', 'rm', network).catch(() => undefined);
});

it('its network goes though another container is on it, and that one runs on', async () => {
  await requireImage(controlImage);
  await docker('network', 'create', '--label', `dev.drover.lab=${project}`, network);
  await docker(
    'run',
    '--detach',
    '--name',
    stranger,
    '--network',
    network,
    '--entrypoint=sleep',
    controlImage,
    '300',
  );
  expect(await takeDown(project)).toEqual({ containers: 0, networks: 1, volumes: 0 });
  expect(await docker('network', 'ls', '--quiet', '--filter', `name=${network}`)).toBe('');
  expect(await docker('inspect', '--format', '{{.State.Running}}', stranger)).toBe('true');
});
