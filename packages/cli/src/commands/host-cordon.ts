/** `drover host cordon` and `drover host uncordon`: may a host take new VMs? */
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { act } from '../shell/act.ts';
import { printOne } from '../shell/print.ts';
import { examples } from './options.ts';

export function addHostCordon(hosts: Command): void {
  const command = hosts
    .command('cordon <host>')
    .summary('take no new VMs; the ones there stay')
    .description('The host takes no new VMs. The ones that it carries stay and run on.');
  examples(command, ['drover host cordon h2']);
  act(command, async (session, { args: [name = ''] }) => {
    const host = await session.client.post('/v1/hosts/{host}/cordon', { path: { host: name } });
    const page = [
      `${oneLine(host.id)} is cordoned. Undo: drover host uncordon ${oneLine(host.id)}`,
    ];
    printOne(session, host, { name: host.id, page });
    return exitCodes.done;
  });
}

export function addHostUncordon(hosts: Command): void {
  const command = hosts
    .command('uncordon <host>')
    .summary('take new VMs again; nothing moves back')
    .description('The host takes new VMs again. Nothing moves back by itself.');
  examples(command, ['drover host uncordon h2']);
  act(command, async (session, { args: [name = ''] }) => {
    const host = await session.client.delete('/v1/hosts/{host}/cordon', { path: { host: name } });
    printOne(session, host, { name: host.id, page: [`${oneLine(host.id)} takes VMs again.`] });
    return exitCodes.done;
  });
}
