/** How an operation ended, in a sentence or in an error with its next step. */
import type { api } from '@drover/protocol';
import { coldHelps } from '@drover/protocol/cold-helps';
import { formatMeasured } from './durations.ts';
import { oneLine } from './harmless.ts';
import { routeOf, subjectOf, tookMs } from './operation-view.ts';
import { nextStep } from './problem-text.ts';
import { reasonText } from './reason-text.ts';
import { describeRejection, type Rejection } from './rejections.ts';

const done: Readonly<Record<api.OperationBody['type'], string>> = {
  start: 'runs',
  stop: 'is stopped',
  save: 'is saved',
  reboot: 'has restarted',
  pause: 'is paused',
  unpause: 'runs on',
  resize: 'is resized',
  delete: 'is deleted',
  migrate: 'has moved',
  drain: 'is drained',
  restore: 'has its VMs back',
  recover: 'is recovered: its VMs run elsewhere',
  'forget-host': 'is forgotten',
  clean: 'has one copy again',
  'cpu-baseline': 'is computed: new VMs start with it',
  'pool-doctor': 'is looked at',
  enforce: 'holds',
  'orphan-delete': 'is deleted',
  'image-import': 'is imported',
  'image-delete': 'is deleted',
  'image-verify': 'is what was recorded',
  'volume-create': 'is made',
  'volume-delete': 'is deleted',
  'volume-resize': 'is larger',
  'volume-move': 'has moved',
  'volume-snapshot': 'has a snapshot',
  'volume-revert': 'is as it was',
  'volume-snapshot-delete': 'has a snapshot less',
  'volume-download': 'is given',
  'volume-upload': 'is filled',
};

/** `web has moved (h2 → h1, took 1.9s, paused for 87ms)` */
export function endedText(operation: api.OperationBody): string {
  const took = tookMs(operation);
  const where = operation.type === 'start' ? operation.target : undefined;
  const facts = [
    ...(operation.type === 'migrate' && routeOf(operation) !== '' ? [routeOf(operation)] : []),
    ...(took === undefined ? [] : [`took ${formatMeasured(took)}`]),
    ...(operation.downtimeMs === undefined
      ? []
      : [`paused for ${formatMeasured(operation.downtimeMs)}`]),
    ...(operation.reason === undefined ? [] : [operation.reason]),
  ];
  const onHost = where === undefined ? '' : ` on ${where}`;
  const brackets = facts.length === 0 ? '' : ` (${facts.join(', ')})`;
  return oneLine(`${subjectOf(operation)} ${done[operation.type]}${onHost}${brackets}`);
}

export function failedText(operation: api.OperationBody): readonly string[] {
  const { error, state, type, id } = operation;
  const subject = subjectOf(operation);
  const why = whyOf(operation, subject);
  const next = nextOf(operation, subject);
  return [
    `error: ${type} of ${subject} ${state}${why === undefined ? '' : `: ${oneLine(why)}`}`,
    ...(error?.reasons ?? []).flatMap((no) => reasonText(no, '  ')),
    ...(error?.rejections ?? [])
      .filter((no) => no.reasons === undefined)
      .map((no) => `  ${describeRejection(no)}`),
    ...(next === undefined ? [] : [`  next: ${next}`]),
    `  ${error === undefined ? '' : `code: ${oneLine(error.code)}, `}operation ${oneLine(id)}`,
  ];
}

function nextOf({ error }: api.OperationBody, subject: string): string | undefined {
  if (error === undefined) return undefined;
  // To explain it would say that they fit: they did, and then could not.
  if ((error.rejections ?? []).some(wasTried)) {
    return `mend what the hosts said, then “drover vm start ${subject}”`;
  }
  const reasons = error.reasons ?? [];
  // It was a cold move that was refused.
  if (reasons.some(({ code }) => code === 'disk-elsewhere')) return 'do what helps, then again';
  const cold = coldHelps(reasons) ? `; or “drover vm migrate ${subject} --cold”` : '';
  return (nextStep(error.code, subject) ?? '') + cold || undefined;
}

/** Each host's reason has a line of its own below; the message has them all in one. */
function whyOf({ error, reason }: api.OperationBody, subject: string): string | undefined {
  if ((error?.reasons ?? []).length > 0) return 'it cannot move as it runs';
  const isListed = error?.code === 'no-host-fits' && (error.rejections ?? []).length > 0;
  return isListed ? `no host can take ${subject}` : (error?.message ?? reason);
}

function wasTried({ reason, available }: Rejection): boolean {
  return reason === 'host-excluded' && available !== undefined;
}
