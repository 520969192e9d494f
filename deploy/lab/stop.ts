/**
 * `npm stop`: every container, network and volume of the lab goes; images stay unless asked for. What a run of the
 * tests has, or has left, goes with `--all` only: they may be running.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { takeDown } from './containers.ts';
import { run } from './docker.ts';
import { imageNames } from './images.ts';
import { checkout, defaultProject, kernelsProject, testProject } from './settings.ts';

const { values } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    images: { type: 'boolean', default: false },
  },
});
const { exitCode } = await run('docker', ['version']);
if (exitCode !== 0) {
  console.log('Docker does not run, so no lab does.');
} else {
  const projects = values.all ? [defaultProject, testProject, kernelsProject] : [defaultProject];
  for (const project of projects) {
    const { containers, networks, volumes } = await takeDown(project);
    await rm(join(checkout, '.lab', project), { recursive: true, force: true });
    console.log(
      `${project}: removed ${containers} containers, ${networks} networks, ${volumes} volumes`,
    );
  }
  if (values.images) {
    await run('docker', ['image', 'rm', '--force', ...imageNames]);
    console.log('removed the images');
  } else {
    console.log('the images stay, for the next start; remove them with: npm stop -- --images');
  }
}
