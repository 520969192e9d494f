/**
 * The plan of a drain as a person reads it before saying yes: who goes where and why, who cannot and what
 * would help, in which waves, and how long.
 */
import type { api } from '@drover/protocol';
import { coldHelps } from '@drover/protocol/cold-helps';
import { formatDuration } from './durations.ts';
import { oneLine } from './harmless.ts';
import { reasonText, rejectionText } from './reason-text.ts';
import { formatMib } from './sizes.ts';
import { type Column, type Paint, plain, renderTable } from './table.ts';

type Plan = api.DrainPlanBody;
type Restore = api.RestorePlanBody;

interface Row {
  readonly wave: number;
  readonly move: Plan['moves'][number];
}

const columns: readonly Column<Row>[] = [
  { head: 'WAVE', cell: (row) => `${row.wave}` },
  { head: 'VM', cell: (row) => row.move.vmName },
  { head: 'FROM', cell: (row) => row.move.source },
  { head: 'TO', cell: (row) => row.move.target },
  { head: 'MEMORY', cell: (row) => formatMib(row.move.memoryMib) },
  { head: 'WHY THERE', cell: (row) => row.move.reason },
];

export function planText(plan: Plan, paint: Paint = plain): readonly string[] {
  return [
    `Plan to drain ${plan.hostId}: ${outline(plan)}`,
    ...movesText(plan, 'Cannot leave:', paint),
  ];
}

/** Of VMs that go back to a host. */
export function restorePlanText(plan: Restore, paint: Paint = plain): readonly string[] {
  const { hostId, moves, blockers } = plan;
  const staying = blockers.length === 0 ? '' : `; ${blockers.length} cannot go back`;
  const going = moves.length === 0 ? 'no VM goes back' : movingText(plan);
  const none = 'no drain has moved a VM away from it that still runs elsewhere';
  const outlined = moves.length + blockers.length === 0 ? none : going + staying;
  return [`Plan to restore ${hostId}: ${outlined}`, ...movesText(plan, 'Cannot go back:', paint)];
}

type Moving = Pick<Plan, 'moves' | 'waves' | 'blockers' | 'estimatedSeconds'>;

function movesText(plan: Moving, heading: string, paint: Paint): readonly string[] {
  return [
    ...(plan.moves.length === 0 ? [] : ['', ...renderTable(columns, rowsOf(plan), paint)]),
    ...uncheckedText(plan),
    ...(plan.blockers.length === 0 ? [] : ['', heading]),
    ...plan.blockers.flatMap((blocker) => blockerText(blocker, paint)),
  ];
}

/** What was promised for the others is not for these. */
function uncheckedText({ moves }: Moving): readonly string[] {
  const names = moves.filter(({ checked }) => !checked).map(({ vmName }) => oneLine(vmName));
  if (names.length === 0) return [];
  return ['', `Not looked at in time, and only just before they move: ${names.join(', ')}`];
}

/** `2 VMs move in 1 wave, about 6s; 1 cannot leave` */
function outline(plan: Plan): string {
  const { moves, blockers } = plan;
  if (moves.length === 0 && blockers.length === 0) return 'it carries no VM, it is only cordoned';
  const moving = moves.length === 0 ? 'no VM can move' : movingText(plan);
  return blockers.length === 0 ? moving : `${moving}; ${blockers.length} cannot leave`;
}

function movingText({ moves, waves, estimatedSeconds }: Moving): string {
  return (
    `${count(moves.length, 'VM moves', 'VMs move')} in ${count(waves.length, 'wave', 'waves')}, ` +
    `about ${formatDuration(estimatedSeconds * 1000)}`
  );
}

function rowsOf(plan: Moving): readonly Row[] {
  const waveOf = new Map<number, number>();
  plan.waves.forEach((indexes, wave) => indexes.forEach((index) => waveOf.set(index, wave + 1)));
  return plan.moves
    .map((move, index) => ({ move, wave: waveOf.get(index) ?? plan.waves.length + 1, index }))
    .toSorted((a, b) => a.wave - b.wave || a.index - b.index);
}

const blockerReasons: Readonly<Record<string, string>> = {
  'vm-not-running': 'it does not run, and what does not run cannot be moved live',
  'vm-paused': 'it is paused, and stays as it is until somebody unpauses it',
  'vm-busy': 'an operation on it is under way',
  'vm-unknown': 'it is not certain where it runs',
  'no-host-fits': 'no other host can take it',
  'no-safe-order': 'there is a place for it, but no order of moves that leads there safely',
  'vm-not-to-move': 'it is set to be moved by nobody but a person',
  'preflight-failed': 'it cannot move as it runs',
};

/** Each reason has its own remedy. */
function isToldAbove({ reasons, rejections }: Plan['blockers'][number]): boolean {
  return reasons !== undefined || rejections.some((no) => no.reasons !== undefined);
}

export function blockerText(blocker: Plan['blockers'][number], paint: Paint): readonly string[] {
  const { reason } = blocker;
  const why = Object.hasOwn(blockerReasons, reason) ? blockerReasons[reason] : reason;
  return [
    `  ${paint(oneLine(blocker.vmName), 'bad')}: ${oneLine(why ?? reason)}`,
    ...(blocker.reasons ?? []).flatMap((no) => reasonText(no, '    ')),
    ...blocker.rejections.flatMap((no) => rejectionText(no, '    ')),
    ...(isToldAbove(blocker) ? [] : [`    remedy: ${oneLine(blocker.remedy)}`]),
  ];
}

export function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}

type Asked = Pick<api.DrainStart, 'parallel' | 'migration'>;

/** What the plan's time depends on, and what the drain is then made with. */
export function askedOf({ parallel, migration }: Asked): Asked {
  return {
    ...(parallel === undefined ? {} : { parallel }),
    ...(migration === undefined ? {} : { migration }),
  };
}

interface Started extends Asked {
  readonly onUnmovable?: string | undefined;
  readonly deadline?: number | undefined;
  readonly message?: string | undefined;
}

/** Exactly what was shown, as the API takes it. `deadline` in milliseconds. */
export function toDrainStart(plan: Plan, asked: Started): api.DrainStart {
  const { deadline, message, onUnmovable } = asked;
  return {
    plan: plan.moves.map(({ vmId, target }) => ({ vmId, target })),
    ...askedOf(asked),
    ...(onUnmovable === 'shutdown' ? { onUnmovable } : {}),
    ...(deadline === undefined ? {} : { deadlineSeconds: Math.ceil(deadline / 1_000) }),
    ...(message === undefined ? {} : { message }),
  };
}

/** What is asked before anything moves. */
export function drainQuestion(plan: Plan, onUnmovable = 'leave'): string {
  const { moves, blockers, hostId } = plan;
  const off = onUnmovable === 'shutdown' ? blockers.filter(isHelpedCold).length : 0;
  const left = blockers.length - off;
  const moving = `move ${count(moves.length, 'VM', 'VMs')}`;
  const down = `shut down ${off} and start ${off === 1 ? 'it' : 'them'} elsewhere`;
  const staying = left === 0 ? '' : `, though ${left} will stay`;
  if (off > 0)
    return `Cordon ${hostId}, ${moves.length === 0 ? '' : `${moving}, `}${down}${staying}?`;
  if (moves.length === 0) return `Cordon ${hostId} and drain it all the same?`;
  return `Cordon ${hostId} and ${moving}${staying}?`;
}

/** Of what its own host found, and all others. */
function isHelpedCold({ reasons = [], rejections }: Plan['blockers'][number]): boolean {
  return coldHelps([...reasons, ...rejections.flatMap((one) => one.reasons ?? [])]);
}

export function restoreQuestion({ moves, blockers, hostId }: Restore): string {
  if (moves.length === 0) return `Uncordon ${hostId} all the same?`;
  const staying =
    blockers.length === 0 ? '' : `, though ${blockers.length} will stay where they are`;
  return `Uncordon ${hostId} and move ${count(moves.length, 'VM', 'VMs')} back${staying}?`;
}
