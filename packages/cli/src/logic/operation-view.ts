/** Operations and migrations in flight: tables, a page, and one line about where they are. */
import type { api } from '@drover/protocol';
import { formatAge, formatDuration, formatMeasured } from './durations.ts';
import { oneLine } from './harmless.ts';
import { page } from './host-view.ts';
import { describeRejection } from './rejections.ts';
import { formatBytes } from './sizes.ts';
import { storageText } from './storage-progress.ts';
import type { Column, Tone } from './table.ts';

type Operation = api.OperationBody;

const tones: Readonly<Record<Operation['state'], Tone>> = {
  pending: 'dim',
  running: 'warn',
  succeeded: 'good',
  failed: 'bad',
  cancelled: 'warn',
  blocked: 'bad',
};

/** What it is about: `web`, `h2`. */
export function subjectOf(operation: Operation): string {
  const { vmName, vmId, hostId, imageId, volumeId, subject, pool = '' } = operation;
  if (operation.type === 'cpu-baseline') return 'the cluster’s CPU';
  if (operation.type === 'pool-doctor') return `pool ${oneLine(pool)}`;
  if (operation.type === 'orphan-delete') return oneLine(`${pool}/${operation.file ?? ''}`);
  if (operation.type === 'enforce') return `rule ${oneLine(operation.rule ?? '')}`;
  return oneLine(subject ?? imageId ?? volumeId ?? vmName ?? vmId ?? hostId ?? '');
}

/** `h2 → h1`, or the one end that is known. */
export function routeOf(operation: Operation): string {
  const { source, target } = operation;
  if (source !== undefined && target !== undefined) return `${source} → ${target}`;
  return target === undefined ? (source ?? operation.hostId ?? '') : `→ ${target}`;
}

/** Why it waits, or what it failed of. */
export function whyOf(operation: Operation): string {
  return operation.error?.message ?? operation.reason ?? '';
}

export function tookMs(operation: Operation): number | undefined {
  const { startedAtMs, endedAtMs } = operation;
  return startedAtMs === undefined || endedAtMs === undefined
    ? undefined
    : Math.max(0, endedAtMs - startedAtMs);
}

export function operationColumns(nowMs: number): readonly Column<Operation>[] {
  return [
    { head: 'ID', cell: (one) => one.id },
    { head: 'TYPE', cell: (one) => one.type },
    { head: 'SUBJECT', cell: subjectOf },
    { head: 'STATE', cell: (one) => ({ text: one.state, tone: tones[one.state] ?? 'warn' }) },
    { head: 'STEP', cell: (one) => stepOf(one) },
    { head: 'ROUTE', cell: routeOf },
    { head: 'AGE', cell: (one) => formatAge(nowMs, one.createdAtMs) },
    { head: 'TOOK', cell: (one) => measured(tookMs(one)), wide: true },
    { head: 'PAUSE', cell: (one) => measured(one.downtimeMs), wide: true },
    { head: 'BY', cell: (one) => one.by, wide: true },
    { head: 'PARENT', cell: (one) => one.parentId ?? '', wide: true },
    { head: 'WHY', cell: whyOf, wide: true },
  ];
}

const modeTexts = {
  live: 'live',
  paused: 'live, its copy stays paused until the source is known to be gone',
  cold: 'cold: shut down, then started there',
} as const;

const memoryTexts = {
  tls: 'encrypted by QEMU',
  tunnel: 'encrypted, through the tunnel',
  clear: 'in the clear',
} as const;

/** How it travels, and why not better. */
function memoryText(path: keyof typeof memoryTexts, reason: string | undefined): string {
  return memoryTexts[path] + (reason === undefined ? '' : `, because ${reason}`);
}

/** `perform 43 %` */
export function stepOf({ step, progress }: Pick<Operation, 'step' | 'progress'>): string {
  const percent = progress?.percent;
  return oneLine(step) + (percent === undefined ? '' : ` ${percent} %`);
}

function measured(ms: number | undefined): string {
  return ms === undefined ? '' : formatMeasured(ms);
}

export function operationPage(operation: Operation, nowMs: number): readonly string[] {
  const took = tookMs(operation);
  const { error, progress, items = [] } = operation;
  return [
    ...page([
      ['Operation', operation.id],
      ['What', `${operation.type} ${subjectOf(operation)}`],
      ['State', operation.state + (operation.done ? '' : `, step ${stepOf(operation)}`)],
      ...(routeOf(operation) === '' ? [] : [['Route', routeOf(operation)] as const]),
      ...(operation.mode === undefined ? [] : [['Mode', modeTexts[operation.mode]] as const]),
      ...(operation.memoryPath === undefined
        ? []
        : [['Memory', memoryText(operation.memoryPath, operation.memoryPathReason)] as const]),
      ...(operation.reason === undefined ? [] : [['Reason', operation.reason] as const]),
      ...(operation.message === undefined ? [] : [['Message', operation.message] as const]),
      ...(error === undefined ? [] : [['Error', `${error.message} (${error.code})`] as const]),
      ...(error?.rejections ?? []).map((no) => ['Hosts', describeRejection(no)] as const),
      ...(progress === undefined
        ? []
        : [
            [
              'Progress',
              `${progress.percent} %, ${formatBytes(progress.remainingBytes)} of ` +
                `${formatBytes(progress.totalBytes)} left, round ${progress.iteration}`,
            ] as const,
          ]),
      ...(operation.storage === undefined
        ? []
        : [['Progress', storageText(operation.storage)] as const]),
      ['Asked', `${formatAge(nowMs, operation.createdAtMs)} ago by ${operation.by}`],
      ...(took === undefined ? [] : [['Took', formatMeasured(took)] as const]),
      ...(operation.downtimeMs === undefined
        ? []
        : [['Pause', `${formatDuration(operation.downtimeMs)} without the VM running`] as const]),
      ...(operation.parentId === undefined ? [] : [['Part of', operation.parentId] as const]),
      ['Cancellable', operation.cancellable ? 'yes' : 'no'],
    ]),
    ...items.map((item) => {
      const where = item.target === undefined ? '' : ` → ${item.target}`;
      const why = [item.reason, item.remedy].filter((text) => text !== undefined).join('; ');
      return `  ${oneLine(`${item.vmName}${where}: ${item.state}${why === '' ? '' : ` (${why})`}`)}`;
    }),
  ];
}

export const migrationColumns: readonly Column<api.MigrationBody>[] = [
  { head: 'VM', cell: (one) => one.vmName },
  { head: 'SOURCE', cell: (one) => one.source },
  { head: 'TARGET', cell: (one) => one.target },
  { head: 'STEP', cell: (one) => one.step },
  {
    head: 'PROGRESS',
    cell: (one) => (one.progress === undefined ? '' : `${one.progress.percent} %`),
  },
  { head: 'OPERATION', cell: (one) => one.operationId },
  {
    head: 'LEFT',
    cell: (one) => (one.progress === undefined ? '' : formatBytes(one.progress.remainingBytes)),
    wide: true,
  },
  {
    head: 'ELAPSED',
    cell: (one) => (one.progress === undefined ? '' : formatDuration(one.progress.elapsedMs)),
    wide: true,
  },
];

/** `draining`, before the name of its subject. */
export const doing: Readonly<Record<Operation['type'], string>> = {
  start: 'starting',
  stop: 'stopping',
  save: 'saving',
  reboot: 'rebooting',
  pause: 'pausing',
  unpause: 'unpausing',
  resize: 'resizing',
  delete: 'deleting',
  migrate: 'moving',
  drain: 'draining',
  restore: 'bringing VMs back to',
  recover: 'recovering the VMs of',
  'forget-host': 'forgetting',
  clean: 'removing an old copy of',
  'cpu-baseline': 'computing',
  'pool-doctor': 'looking at',
  enforce: 'enforcing',
  'orphan-delete': 'deleting',
  'image-import': 'importing',
  'image-delete': 'deleting',
  'image-verify': 'reading',
  'volume-create': 'making',
  'volume-delete': 'deleting',
  'volume-resize': 'enlarging',
  'volume-move': 'moving',
  'volume-snapshot': 'taking a snapshot of',
  'volume-revert': 'reverting',
  'volume-snapshot-delete': 'deleting a snapshot of',
  'volume-download': 'giving',
  'volume-upload': 'filling',
};

/** One line about an operation on its way: `moving web (h2 → h1): perform 43 %`. */
export function progressLine(operation: Operation): string {
  const route = operation.type === 'migrate' ? routeOf(operation) : (operation.target ?? '');
  const about = `${doing[operation.type]} ${subjectOf(operation)}${route === '' ? '' : ` (${oneLine(route)})`}`;
  const paused = pausedText(operation);
  if (paused !== '') return `${about}: ${paused}`;
  if (operation.state === 'pending') {
    const reason = operation.reason === undefined ? '' : `: ${oneLine(operation.reason)}`;
    return `${about}: waits${reason}`;
  }
  const { storage, step, type } = operation;
  if (storage !== undefined) return `${about}: ${storageText(storage)}`;
  // The one step that it has is what it does.
  return step === 'act' || step === type ? about : `${about}: ${stepOf(operation)}`;
}

/** Of a drain that was paused: who said so, and that its time goes on all the same; nothing of any other. */
export function pausedText({ paused, deadlineMs }: Operation): string {
  if (paused === undefined) return '';
  const who = `paused by ${oneLine(paused.by)}: no move begins`;
  return deadlineMs === undefined ? who : `${who}; its deadline goes on`;
}
