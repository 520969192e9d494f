/**
 * A drain under way and at its end, in words: what has changed since it was looked at last, and an honest
 * summary that counts who moved, who left by other means, and who stays and why.
 */
import type { api } from '@drover/protocol';
import { formatMeasured } from './durations.ts';
import { oneLine } from './harmless.ts';
import { pausedText, tookMs } from './operation-view.ts';
import { count } from './plan-text.ts';

type Operation = api.OperationBody;
export type DrainItem = NonNullable<Operation['items']>[number];

/** Percent by the id of the migration. */
export type Percents = ReadonlyMap<string, number>;

/** What has been told, so that nothing is told twice: by VM the last line, and in all the last note. */
export interface Told {
  readonly items: ReadonlyMap<string, string>;
  readonly note: string;
}

export const nothingTold: Told = { items: new Map(), note: '' };

/** One line for each VM that has news; a percent is news every ten. */
export function drainNews(
  operation: Operation,
  percents: Percents,
  told: Told,
): { readonly lines: readonly string[]; readonly told: Told } {
  const lines: string[] = [];
  const items = new Map(told.items);
  const note = waitNote(operation);
  if (note !== '' && note !== told.note) lines.push(note);
  for (const item of operation.items ?? []) {
    if (item.state === 'waiting' && item.reason === undefined) continue;
    const percent = percents.get(item.operationId ?? '');
    const tens = percent === undefined ? undefined : percent - (percent % 10);
    const line = `${oneLine(item.vmName)}: ${itemText(item, tens)}`;
    if (items.get(item.vmId) === line) continue;
    // A percent that was there and is gone is no news: the last pass has none.
    if (tens === undefined && items.get(item.vmId)?.startsWith(`${line}, `) === true) continue;
    items.set(item.vmId, line);
    lines.push(line);
  }
  return { lines, told: { items, note } };
}

/** Why it does not go on, or has not begun; nothing while it moves VMs. */
export function waitNote(operation: Operation): string {
  const paused = pausedText(operation);
  if (paused !== '') {
    return `${paused}; go on with “drover host drain ${oneLine(operation.hostId ?? '')} --resume”`;
  }
  if (operation.done || operation.items !== undefined) return '';
  const reason = operation.reason === undefined ? '' : `: ${oneLine(operation.reason)}`;
  return `waiting for the scheduler to begin${reason}`;
}

/** `moves to h1, 40 %`; a change of target and a new attempt say why. */
export function itemText(item: DrainItem, percent: number | undefined): string {
  const target = item.target === undefined ? '' : ` to ${oneLine(item.target)}`;
  const reason = item.reason === undefined ? '' : oneLine(item.reason);
  const because = reason === '' ? '' : ` (${reason})`;
  switch (item.state) {
    case 'waiting':
      return item.attempts === 0
        ? `waits${because}`
        : `waits for attempt ${item.attempts + 1}${because}`;
    case 'moving':
      return `moves${target}${because}${percent === undefined ? '' : `, ${percent} %`}`;
    case 'moved':
      return `moved${target}`;
    case 'gone':
      return `left by other means${because}`;
    case 'blocked':
      return `cannot leave${because}${item.remedy === undefined ? '' : `; remedy: ${oneLine(item.remedy)}`}`;
    case 'cancelled':
      return 'stays, the drain was cancelled';
  }
}

export function isSettled(item: DrainItem): boolean {
  return item.state !== 'waiting' && item.state !== 'moving';
}

/** The last words. Never “drained” unless nothing is left. */
export function drainSummary(operation: Operation, pausesMs: readonly number[]): readonly string[] {
  const host = oneLine(operation.hostId ?? '');
  const items = operation.items ?? [];
  const those = (state: DrainItem['state']) => items.filter((item) => item.state === state);
  const took = tookMs(operation);
  const tail = [
    ...(took === undefined ? [] : [`took ${formatMeasured(took)}`]),
    ...(pausesMs.length === 0 ? [] : [`longest pause ${formatMeasured(Math.max(...pausesMs))}`]),
  ].join(', ');
  const ending = tail === '' ? '' : ` (${tail})`;
  const left = counted(those('moved').length, those('gone').length);
  const details = [...those('blocked'), ...those('cancelled'), ...open(items)].map(
    (item) => `  ${oneLine(item.vmName)}: ${itemText(item, undefined)}`,
  );
  if (operation.type === 'restore') {
    return restoreSummary(operation, those('moved').length, details, ending);
  }
  switch (operation.state) {
    case 'succeeded':
      return [
        `${host} is drained: ${left}, nothing is left on it${ending}`,
        `It stays cordoned. To take VMs again: drover host uncordon ${host}`,
        ...(those('moved').length === 0
          ? []
          : [`With those that were moved: drover host restore ${host} --move-back`]),
      ];
    case 'blocked':
      return [
        `${host} is not empty: ${left}, ${those('blocked').length} could not leave${ending}`,
        ...details,
        `It stays cordoned. After the remedies: drover host drain ${host}`,
        `To take VMs again instead: drover host uncordon ${host}`,
      ];
    case 'cancelled':
      return [
        `The drain of ${host} was cancelled: ${left}, ${those('cancelled').length + open(items).length} stay${ending}`,
        ...details,
        'What has moved stays moved. If this drain cordoned the host, the cordon is taken back.',
      ];
    case 'failed':
      return [
        `The drain of ${host} failed: ${oneLine(operation.error?.message ?? 'no reason was given')}${ending}`,
        ...details,
        `Code: ${oneLine(operation.error?.code ?? 'none')}. See: drover operation show ${oneLine(operation.id)}`,
      ];
    case 'pending':
    case 'running':
      return [`The drain of ${host} goes on: ${left} so far`];
  }
}

function restoreSummary(
  { state, error, hostId = '', id }: Operation,
  moved: number,
  details: readonly string[],
  ending: string,
): readonly string[] {
  const host = oneLine(hostId);
  const back = count(moved, 'VM went back', 'VMs went back');
  switch (state) {
    case 'succeeded':
      return [`${host} takes VMs again, and ${back}${ending}`];
    case 'blocked':
      return [`${host} takes VMs again: ${back}, others stay where they are${ending}`, ...details];
    case 'cancelled':
      return [
        `The restore of ${host} was cancelled: ${back}${ending}`,
        ...details,
        'What has gone back stays there, and the host takes VMs.',
      ];
    case 'failed':
      return [
        `The restore of ${host} failed: ${oneLine(error?.message ?? 'no reason was given')}${ending}`,
        ...details,
        `Code: ${oneLine(error?.code ?? 'none')}. See: drover operation show ${oneLine(id)}`,
      ];
    case 'pending':
    case 'running':
      return [`The restore of ${host} goes on: ${back} so far`];
  }
}

function open(items: readonly DrainItem[]): readonly DrainItem[] {
  return items.filter((item) => !isSettled(item));
}

function counted(moved: number, gone: number): string {
  const main = count(moved, 'VM moved', 'VMs moved');
  return gone === 0 ? main : `${main}, ${gone} had left by other means`;
}

/** After Ctrl-C: it goes on, and how to see it, follow it, or stop it. */
export function detachText(what: {
  readonly type: Operation['type'];
  readonly subject: string;
  readonly id: string;
}): readonly string[] {
  const subject = oneLine(what.subject);
  const id = oneLine(what.id);
  if (what.type === 'drain') {
    return [
      `Detached. The drain of ${subject} goes on; nothing was cancelled.`,
      `  watch it again:  drover host drain ${subject} --watch`,
      `  or only its end: drover operation wait ${id}`,
      `  cancel it:       drover host drain ${subject} --cancel`,
    ];
  }
  return [
    `Detached. The ${what.type} of ${subject} goes on; nothing was cancelled.`,
    `  see it:          drover operation show ${id}`,
    `  wait for it:     drover operation wait ${id}`,
    ...(what.type === 'migrate' ? [`  abort it:        drover migration abort ${id}`] : []),
    ...(/^(restore$|image-|volume-)/.test(what.type)
      ? [`  cancel it:       drover operation cancel ${id}`]
      : []),
  ];
}
