/** `drover events`: what happens in the cluster, as it happens. */
import type { Command } from 'commander';
import { act } from '../shell/act.ts';
import { followEvents } from '../shell/follow-events.ts';
import { examples } from './options.ts';

export function addEvents(program: Command): void {
  const command = program
    .command('events')
    .summary('what happens, as it happens')
    .description(
      'Follows what happens in the cluster until Ctrl-C. With -o json one event a line.',
    );
  examples(command, ['drover events', 'drover events -o json | jq \'select(.type == "vm")\'']);
  act(command, (session) => followEvents(session));
}
