/** `drover inventory`: what Ansible asks a script inventory for. */
import type { Command } from 'commander';
import { type ExitCode, exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import { type Inventory, inventoryOf, listText } from '../logic/inventory.ts';
import { UsageError } from '../logic/usage-error.ts';
import { act } from '../shell/act.ts';
import { printData } from '../shell/print.ts';
import type { Session } from '../shell/session.ts';
import { examples } from './options.ts';

interface InventoryFlags {
  readonly list?: boolean;
  readonly host?: string;
}

export function addInventory(program: Command): void {
  const command = program
    .command('inventory')
    .summary('hosts and VMs for Ansible')
    .description(
      'Hosts and VMs as a dynamic inventory of Ansible: groups by state, label, host and pool, and ' +
        'variables for each. Always JSON. Ansible calls a script that calls this; docs/ansible.md ' +
        'has one.',
    )
    .option('--list', 'everything, as Ansible asks for it first')
    .option('--host <name>', 'the variables of one host or VM');
  examples(command, ['drover inventory --list', 'drover inventory --host web']);
  act<InventoryFlags>(command, async (session, { options: { list, host } }) => {
    if ((list === true) === (host !== undefined)) {
      throw new UsageError('give one of --list and --host NAME');
    }
    const inventory = await read(session);
    if (host !== undefined) return printVariables(session, inventory, host);
    printData(session, listText(inventory));
    return exitCodes.done;
  });
}

async function read({ client }: Session): Promise<Inventory> {
  const [hosts, vms] = await Promise.all([client.list('/v1/hosts'), client.list('/v1/vms')]);
  return inventoryOf(hosts.items, vms.items);
}

function printVariables(session: Session, { variables }: Inventory, name: string): ExitCode {
  const known = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (known === undefined) {
    session.terminal.err([`error: there is no host and no VM ${oneLine(name)}`]);
    return exitCodes.notFound;
  }
  printData(session, known);
  return exitCodes.done;
}
