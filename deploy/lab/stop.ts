/** `npm stop`: every container, network and volume of every lab goes; images stay unless asked for. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { takeDown } from './containers.ts';
import { run } from './docker.ts';
import { imageNames } from './images.ts';
import { checkout, defaultProject, testProject } from './settings.ts';

const { exitCode } = await run('docker', ['version']);
if (exitCode !== 0) {
  console.log('Docker does not run, so no lab does.');
} else {
  const gone = await takeDown();
  for (const project of [defaultProject, testProject]) {
    await rm(join(checkout, '.lab', project), { recursive: true, force: true });
  }
  console.log(
    `removed ${gone.containers} containers, ${gone.networks} networks, ${gone.volumes} volumes`,
  );
  if (process.argv.includes('--images')) {
    await run('docker', ['image', 'rm', '--force', ...imageNames]);
    console.log('removed the images');
  } else {
    console.log('the images stay, for the next start; remove them with: npm stop -- --images');
  }
}
