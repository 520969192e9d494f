/** `npm start`: the lab up, a tour through it, and where to go on from there. */
import { relative } from 'node:path';
import { buildConsole } from './console.ts';
import { Lab } from './lab.ts';
import { prepareMachine, UnfitMachine } from './machine.ts';
import { narrator } from './narrator.ts';
import { checkout } from './settings.ts';
import { tour, type TourResult } from './tour.ts';

const json = process.argv.includes('--json');
const tell = narrator(json ? process.stderr : process.stdout);

try {
  tell.part('Bringing up the lab');
  await prepareMachine((text) => tell.step(text));
  await buildConsole((text) => tell.step(text));
  const lab = await Lab.up({ onStep: (text) => tell.step(text) });
  if (lab.changed.length === 0) tell.step('everything runs already');
  const result = await tour(lab, tell);
  summarise(lab, result);
  if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  const isLeft = !result.isDrainedBefore && result.leftOnDrainedHost > 0;
  const harmed = result.stopped > 0 || !result.connectionSurvived || isLeft;
  process.exit(harmed ? 1 : 0);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`\ndrover: ${message}\n`);
  if (!(error instanceof UnfitMachine)) {
    process.stderr.write(
      'Logs: docker logs drover-lab-scheduler1 (or h1, api, …). Begin anew: npm stop\n',
    );
  }
  process.exit(1);
}

function summarise(lab: Lab, result: TourResult): void {
  tell.part('What happened');
  tell.step(
    `${result.vms} VMs on ${result.hosts} hosts, under ${result.accelerator}, pool ${result.pool}`,
  );
  tell.step(
    `${result.moved} moved off ${result.drainedHost} in ${result.drainSeconds} s, ${result.stopped} stopped; ` +
      `${result.drainedHost}’s own libvirt runs ${result.leftOnDrainedHost}`,
  );
  const fate = result.connectionSurvived ? 'survived' : 'BROKE';
  tell.step(`the TCP connection ${fate}, longest silence ${result.longestGapMs} ms`);
  tell.part('Next');
  tell.step(`the console, signed in: ${result.apiUrl}/#token=${lab.token}`);
  const token = relative(checkout, `${lab.settings.stateFolder}/token`);
  tell.step(`the API answers at ${result.apiUrl}, its token is in ${token}`);
  const drover = 'npm run -s drover --';
  const commands = [
    ['how everything is', `${drover} status`],
    ['why a VM is where it is', `${drover} explain web-1`],
    [
      `${result.drainedHost} takes VMs again, and its own go back`,
      `${drover} host restore ${result.drainedHost} --move-back`,
    ],
    ['all other commands', `${drover} --help`],
    ['the API itself', `curl -H "Authorization: Bearer $(cat ${token})" ${result.apiUrl}/v1/vms`],
    ['takes all of it away', 'npm stop'],
  ] as const;
  for (const [what, command] of commands) {
    tell.detail(`${what}:`);
    tell.detail(`  ${command}`);
  }
}
