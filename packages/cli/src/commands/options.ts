/** Options that several commands have, said once. */
import { type Command, Option } from 'commander';
import type { MigrationWish, VmBalance } from '@drover/protocol';
import { parseDurationMs } from '../logic/durations.ts';
import {
  migrationWishForms,
  migrationWishHelp,
  parseMigrationWish,
} from '../logic/migration-wish.ts';
import { vmBalances } from '../logic/vm-balance.ts';

/** Waiting is the default; `--wait` may be said for clarity. */
export function withWait(command: Command): Command {
  return withPatience(
    command
      .addOption(new Option('--wait', 'wait for its end').default(true, 'yes'))
      .option('--no-wait', 'only ask for it and print the operation'),
  );
}

export function withPatience(command: Command): Command {
  return command
    .option(
      '--timeout <duration>',
      'wait no longer, such as 10m; it goes on all the same',
      parseDurationMs,
    )
    .addOption(
      new Option('--patience <duration>', 'wait this long for an API that goes away meanwhile')
        .argParser(parseDurationMs)
        .default(5 * 60_000, '5m'),
    );
}

export interface MigrationFlags {
  readonly migration?: MigrationWish;
}

export function withMigration(command: Command): Command {
  return withPolicies(
    command.option('--migration <policy>', migrationWishHelp, parseMigrationWish),
  );
}

/** What may be written as a policy. */
export function withPolicies(command: Command): Command {
  return command.addHelpText('after', `\n${migrationWishForms.join('\n')}`);
}

/** What a VM is told at its first boot: `readCloudInit` takes them. */
export function withCloudInit(command: Command): Command {
  return command
    .option('--cloud-init <file>', 'user data: #cloud-config, a script, or MIME')
    .option('--ssh-key <file>', 'public keys that may log in (repeatable)', collect, [])
    .option('--hostname <name>', 'otherwise the name of the VM')
    .option('--network-config <file>', 'network configuration of cloud-init')
    .addOption(
      new Option(
        '--seed <way>',
        'iso: a CD-ROM in the pool of the first disk; smbios: no file, keys of root and hostname ' +
          'only, for systemd 252 or later',
      ).choices(['iso', 'smbios']),
    );
}

export interface BalanceFlags {
  readonly balance?: VmBalance;
}

export function withBalance(command: Command): Command {
  return command.addOption(
    new Option(
      '--balance <how>',
      'moved to balance the cluster: as its mode says, only recommended, or never',
    ).choices(vmBalances),
  );
}

export function withYes(command: Command): Command {
  return command.option('-y, --yes', 'do not ask');
}

export function withWatch(command: Command): Command {
  return command.option('-w, --watch', 'go on showing changes until Ctrl-C');
}

/** For options that may be given several times. */
export function collect(value: string, former: readonly string[]): readonly string[] {
  return [...former, value];
}

export function examples(command: Command, lines: readonly string[]): Command {
  const text = lines.map((line) => `  $ ${line}`).join('\n');
  return command.addHelpText('after', `\nExamples:\n${text}`);
}
