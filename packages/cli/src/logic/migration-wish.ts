/** How VMs may be moved, as people write it: `must-finish`, `gentle,bandwidth=200,downtime=100/300`; and as they read it. */
import { type api, MigrationWish, parseValue } from '@drover/protocol';
import { formatDuration, parseDurationMs, parseDurationOrNoneMs } from './durations.ts';
import { parseCount } from './sizes.ts';
import type { Column } from './table.ts';
import { UsageError } from './usage-error.ts';

type Policy = NonNullable<api.OperationBody['migration']>['policy'];

const presets = ['gentle', 'balanced', 'must-finish'] as const;
const accepted = `a preset (${presets.join(', ')}) and changes, such as must-finish,bandwidth=200`;

const count = (what: string, least: number, most: number) => (text: string) =>
  parseCount(text, { what, least, most });

const changes: Readonly<Record<string, (text: string) => Partial<MigrationWish>>> = {
  bandwidth: (text) => ({ bandwidthMibps: count('bandwidth in MiB/s', 1, 1_000_000)(text) }),
  streams: (text) => ({ streams: count('number of streams', 1, 32)(text) }),
  downtime: (text) => ({
    downtimeLadderMs: text.split('/').map(count('downtime in ms', 1, 2_000_000)),
  }),
  throttle: (text) => ({ throttle: parseThrottle(text) }),
  stall: (text) => ({ stallSeconds: whole(parseDurationMs(text), 1_000, text) }),
  timeout: (text) => ({ timeoutAtLeastSeconds: whole(parseDurationMs(text), 1_000, text) }),
  factor: (text) => ({ timeoutFactor: count('factor', 1, 1_000)(text) }),
  stuck: (text) => ({ whenStuck: text as NonNullable<MigrationWish['whenStuck']> }),
  rest: (text) => ({ restMinutes: whole(parseDurationOrNoneMs(text), 60_000, text) }),
};

export const migrationWishHelp = 'how it may be moved; see Policies below';

/** Below the help of each command that takes one. */
export const migrationWishForms: readonly string[] = [
  'Policies: a preset, changes, or both: must-finish,bandwidth=200,rest=0m',
  '  gentle, balanced, must-finish  the presets; first, if one is given',
  '  bandwidth=200                  at most, in MiB/s',
  '  streams=2                      connections side by side, 1 to 32',
  '  downtime=200/300/500           rungs of the pause, in ms, 1 to 8 of them',
  '  throttle=10/10/70              slowing down: from/by/to in percent; or off',
  '  stall=15s                      so long without progress is stuck',
  '  timeout=5m, factor=10          the longest: this, or so many times one copy',
  '  stuck=give-up                  when every rung is used up',
  '  rest=30m                       left alone after one was given up; 0m: not',
];

/** Fields have whole seconds and minutes. */
function whole(ms: number, unitMs: number, text: string): number {
  if (ms % unitMs === 0) return ms / unitMs;
  const unit = unitMs === 1_000 ? 'seconds' : 'minutes';
  throw new UsageError(`“${text}”: give whole ${unit} here`);
}

export function parseMigrationWish(text: string): MigrationWish {
  const wish: Record<string, unknown> = {};
  for (const [at, part] of text.split(',').entries()) {
    const equals = part.indexOf('=');
    if (equals < 0 && at === 0) {
      wish['preset'] = part;
      continue;
    }
    const change = changes[part.slice(0, Math.max(0, equals))];
    if (change === undefined) {
      throw new UsageError(
        `“${part}” is not known here: give ${accepted}; changes are ${Object.keys(changes).join(', ')}`,
      );
    }
    Object.assign(wish, change(part.slice(equals + 1)));
  }
  const parsed = parseValue(MigrationWish, wish);
  if (!parsed.ok) throw new UsageError(`“${text}”: ${parsed.reason}; give ${accepted}`);
  return parsed.value;
}

/** `off`, or where it starts, its step and its limit in percent: `10/10/70`. */
function parseThrottle(text: string): NonNullable<MigrationWish['throttle']> {
  if (text === 'off') return false;
  const numbers = text.split('/').map(count('throttle in percent', 1, 99));
  const [startPercent, stepPercent, atMostPercent, ...more] = numbers;
  if (startPercent === undefined || stepPercent === undefined || atMostPercent === undefined) {
    throw new UsageError(
      `“${text}” is no throttle: give off, or start/step/limit such as 10/10/70`,
    );
  }
  if (more.length > 0) throw new UsageError(`“${text}” is no throttle: three numbers are needed`);
  return { startPercent, stepPercent, atMostPercent };
}

interface Field {
  readonly name: string;
  readonly field: string;
  readonly show: (policy: Policy) => string;
}

/** By the words that `--migration` takes. */
export const policyFields: readonly Field[] = [
  {
    name: 'bandwidth',
    field: 'bandwidthMibps',
    show: ({ bandwidthMibps: most }) => (most === undefined ? 'all of the link' : `${most} MiB/s`),
  },
  { name: 'streams', field: 'streams', show: ({ streams }) => `${streams}` },
  {
    name: 'downtime',
    field: 'downtimeLadderMs',
    show: ({ downtimeLadderMs: rungs }) => `${rungs.join(', ')} ms`,
  },
  {
    name: 'throttle',
    field: 'throttle',
    show: ({ throttle }) =>
      throttle === undefined
        ? 'off'
        : `from ${throttle.startPercent} % by ${throttle.stepPercent} to ${throttle.atMostPercent} %`,
  },
  { name: 'stall', field: 'stallSeconds', show: (one) => formatDuration(one.stallSeconds * 1_000) },
  {
    name: 'timeout',
    field: 'timeoutAtLeastSeconds',
    show: (one) => `at least ${formatDuration(one.timeoutAtLeastSeconds * 1_000)}`,
  },
  {
    name: 'factor',
    field: 'timeoutFactor',
    show: ({ timeoutFactor }) => `${timeoutFactor} × one copy`,
  },
  { name: 'stuck', field: 'whenStuck', show: ({ whenStuck }) => whenStuck },
  { name: 'rest', field: 'restMinutes', show: (one) => formatDuration(one.restMinutes * 60_000) },
];

/** One line for each field, with who said so. */
export function policyColumns(
  policy: Policy,
  from: Readonly<Record<string, string>>,
): readonly Column<Field>[] {
  return [
    { head: 'POLICY', cell: ({ name }) => name },
    { head: 'VALUE', cell: ({ show }) => show(policy) },
    { head: 'FROM', cell: ({ field }) => from[field] ?? '' },
  ];
}

/** What somebody wrote: `preset gentle, bandwidth 200`. */
export function wishText({ preset, ...others }: MigrationWish): string {
  const parts = Object.entries(others).map(([field, value]) => {
    const name = policyFields.find((known) => known.field === field)?.name ?? field;
    return `${name} ${value === false ? 'off' : JSON.stringify(value)}`;
  });
  return [...(preset === undefined ? [] : [`preset ${preset}`]), ...parts].join(', ');
}
