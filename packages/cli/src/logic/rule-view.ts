/** Rules as a table and as a page, and the plan of one. */
import type { api, RuleSpec } from '@drover/protocol';
import { formatAge, formatDuration } from './durations.ts';
import { oneLine } from './harmless.ts';
import { page, pairs } from './host-view.ts';
import { formatMib } from './sizes.ts';
import { type Cell, type Column, type Paint, renderTable } from './table.ts';

type Rule = api.RuleBody;
type Plan = api.RulePlanBody;

export function ruleColumns(nowMs: number): readonly Column<Rule>[] {
  return [
    { head: 'NAME', cell: (rule) => rule.name },
    { head: 'STATE', cell: stateOf },
    { head: 'STRENGTH', cell: ({ spec }) => spec.strength },
    { head: 'RULE', cell: ruleText },
    {
      head: 'BROKEN BY',
      cell: ({ status }) => (status?.brokenBy ?? []).map(({ name }) => name).join(','),
    },
    { head: 'AGE', cell: (rule) => formatAge(nowMs, rule.createdAtMs), wide: true },
    { head: 'BY', cell: (rule) => rule.by, wide: true },
  ];
}

function stateOf({ status }: Rule): Cell {
  if (status === undefined) return '';
  return { text: status.state, tone: status.state === 'holds' ? 'good' : 'bad' };
}

/** `db-1, db-2 apart, over hosts` */
export function ruleText({ spec, vmNames }: Pick<Rule, 'spec' | 'vmNames'>): string {
  const vms = selected(spec.vms, (id) => vmNames[id] ?? id);
  if ('hosts' in spec) {
    const hosts = selected(spec.hosts, (id) => id);
    return spec.type === 'pinned' ? `${vms} only on ${hosts}` : `${vms} not on ${hosts}`;
  }
  const over = `over ${spec.over}s`;
  if (spec.type === 'spread') return `${vms} evenly ${over}, by ${spec.maxSkew}`;
  return spec.type === 'apart' ? `${vms} apart, ${over}` : `${vms} together, in one ${spec.over}`;
}

function selected(
  { ids = [], labels = {} }: RuleSpec['vms'],
  nameOf: (id: string) => string,
): string {
  const byLabel = pairs(labels);
  const parts = [...ids.map(nameOf), ...(byLabel === '' ? [] : [`all with ${byLabel}`])];
  return parts.join(', ');
}

export function rulePage(rule: Rule, nowMs: number): readonly string[] {
  const { spec, status } = rule;
  return page([
    ['Rule', rule.name],
    ['Says', ruleText(rule)],
    ['Strength', strengthText(spec)],
    ...(status === undefined
      ? [['State', 'not known: no scheduler leads that could say it'] as const]
      : [
          ['State', status.state] as const,
          ['VMs', status.vms.map(vmText).join(', ')] as const,
          ...(status.state === 'holds'
            ? []
            : [['Broken by', status.brokenBy.map(vmText).join(', ')] as const]),
        ]),
    ['Saved', `${formatAge(nowMs, rule.createdAtMs)} ago, changed last by ${rule.by}`],
  ]);
}

function vmText({ name, hostId }: { readonly name: string; readonly hostId?: string }): string {
  return hostId === undefined ? name : `${name} (${hostId})`;
}

export function strengthText({ strength, weight, bendsForDrain }: RuleSpec): string {
  if (strength === 'soft') return `soft, ${weight ?? 10} points for each VM that breaks it`;
  return bendsForDrain === true ? 'hard, but a drain that finds no other way may break it' : 'hard';
}

/** After it was saved or changed: whether it holds, and what helps. */
export function savedText({ name, status }: Rule): readonly string[] {
  const said = oneLine(name);
  if (status === undefined) return [`rule ${said} is saved`];
  if (status.state === 'holds') return [`rule ${said} is saved, and holds`];
  return [
    oneLine(`rule ${name} is saved, and broken by ${status.brokenBy.map(vmText).join(', ')}`),
    `nothing moves for that; “drover rule enforce ${said}” moves what has to`,
  ];
}

interface Row {
  readonly wave: number;
  readonly move: Plan['moves'][number];
}

const moveColumns: readonly Column<Row>[] = [
  { head: 'WAVE', cell: (row) => `${row.wave}` },
  { head: 'VM', cell: (row) => row.move.vmName },
  { head: 'FROM', cell: (row) => row.move.source },
  { head: 'TO', cell: (row) => row.move.target },
  { head: 'MEMORY', cell: (row) => formatMib(row.move.memoryMib) },
];

export function rulePlanText(plan: Plan, paint: Paint): readonly string[] {
  const waveOf = new Map(
    plan.waves.flatMap((indexes, wave) => indexes.map((index) => [index, wave + 1])),
  );
  const rows = plan.moves.map((move, index) => ({ move, wave: waveOf.get(index) ?? 1 }));
  return [
    `Rule ${oneLine(plan.rule)}: ${ruleOutline(plan)}`,
    ...(rows.length === 0 ? [] : ['', ...renderTable(moveColumns, rows, paint)]),
    ...(plan.conflicts.length === 0 ? [] : ['', 'It contradicts:']),
    ...plan.conflicts.map(({ rule, why }) => oneLine(`  ${rule}: ${why}`)),
    ...(plan.breaksWithout === undefined
      ? []
      : ['', `It could not hold any more without ${plan.breaksWithout.join(' and ')}.`]),
  ];
}

/** Whether it holds, and what would make it. */
export function ruleOutline({ broken, brokenBy, feasible, moves, estimatedSeconds }: Plan): string {
  if (broken === 0) return 'it holds, nothing has to move';
  const now = `it is broken by ${brokenBy.map(vmText).map(oneLine).join(', ')}`;
  if (feasible === 'no') return `${now}; there is no way to make it hold`;
  if (feasible === 'unknown') return `${now}; no way was found to make it hold`;
  const vms = moves.length === 1 ? '1 move' : `${moves.length} moves`;
  return `${now}; ${vms} would make it hold, about ${formatDuration(estimatedSeconds * 1000)}`;
}
