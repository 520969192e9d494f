/** `drover migration policy show|set`: how VMs may be moved, for the cluster and by label. */
import type { api, MigrationSettings, MigrationWish } from '@drover/protocol';
import type { Command } from 'commander';
import { exitCodes } from '../logic/exit-code.ts';
import { oneLine } from '../logic/harmless.ts';
import {
  migrationWishHelp,
  parseMigrationWish,
  policyFields,
  wishText,
} from '../logic/migration-wish.ts';
import { type Column, type Paint, renderTable } from '../logic/table.ts';
import { UsageError } from '../logic/usage-error.ts';
import { act } from '../shell/act.ts';
import { printOne } from '../shell/print.ts';
import type { Session } from '../shell/session.ts';
import { collect, examples, withPolicies } from './options.ts';

const path = '/v1/settings/migration';

interface SetFlags {
  readonly cluster?: MigrationWish;
  readonly label: readonly string[];
}

export function addMigrationPolicy(migrations: Command): void {
  const policy = migrations.command('policy').description('show, set how VMs may be moved');
  addShow(policy);
  addSet(policy);
}

function addShow(policy: Command): void {
  const command = policy
    .command('show')
    .summary('what is set, and what each preset means')
    .description('What is set for the cluster and by label, and what each preset means.');
  examples(command, ['drover migration policy show']);
  act(command, async (session) => {
    print(session, await session.client.get(path));
    return exitCodes.done;
  });
}

function addSet(policy: Command): void {
  const command = withPolicies(policy.command('set'))
    .summary('set it for the cluster and by label (admin)')
    .description(
      'Sets how VMs may be moved. Replaces all that was set; without options nothing is set any ' +
        'more, and the preset “balanced” holds. A VM and a single move may say otherwise.',
    )
    .option('--cluster <policy>', migrationWishHelp, parseMigrationWish)
    .option('-l, --label <label:policy>', 'for VMs with that label (repeatable)', collect, []);
  examples(command, [
    'drover migration policy set --cluster gentle,bandwidth=400',
    'drover migration policy set -l tier=db:gentle -l batch:must-finish',
  ]);
  act<SetFlags>(command, async (session, { options: { cluster, label } }) => {
    const settings: MigrationSettings = {
      ...(cluster === undefined ? {} : { cluster }),
      ...(label.length === 0 ? {} : { byLabel: label.map(parseLabelled) }),
    };
    print(session, await session.client.put(path, { body: settings }));
    return exitCodes.done;
  });
}

/** `tier=db:gentle,bandwidth=100`: a policy has no colon, a label may. */
function parseLabelled(text: string): NonNullable<MigrationSettings['byLabel']>[number] {
  const at = text.lastIndexOf(':');
  if (at < 1) {
    throw new UsageError(`“${text}” is no label with a policy: give LABEL:POLICY, tier=db:gentle`);
  }
  return { label: text.slice(0, at), wish: parseMigrationWish(text.slice(at + 1)) };
}

function print(session: Session, body: api.MigrationSettingsBody): void {
  printOne(session, body, { name: 'migration', page: settingsPage(body, session.terminal.paint) });
}

function settingsPage(
  { settings, presets }: api.MigrationSettingsBody,
  paint: Paint,
): readonly string[] {
  const { cluster, byLabel = [] } = settings;
  const columns: Column<(typeof policyFields)[number]>[] = [
    { head: 'PRESET', cell: ({ name }) => name },
    ...Object.entries(presets).map(([name, policy]) => ({
      head: name.toUpperCase(),
      cell: ({ show }: (typeof policyFields)[number]) => show(policy),
    })),
  ];
  return [
    `All VMs: ${cluster === undefined ? 'preset balanced' : wishText(cluster)}`,
    ...byLabel.map(({ label, wish }) => oneLine(`With label ${label}: ${wishText(wish)}`)),
    '',
    ...renderTable(columns, policyFields, paint),
  ];
}
