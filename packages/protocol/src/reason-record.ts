/** The core's reasons and rejections as records: with the sentence and the remedy that people read. */
import {
  explainReason,
  type PreflightReason,
  type Rejection,
  remediesOf,
  remedyOf,
} from '@drover/core';
import type { OperationError, ReasonRecord, RejectionRecord } from './records.ts';

const most = 64;
const longest = 1000;

export function reasonRecord(reason: PreflightReason): ReasonRecord {
  const cut = (text: string) => text.slice(0, longest);
  const fitting = (value: number | string) => (typeof value === 'string' ? cut(value) : value);
  const { code, hostId, subject, required, available, unit } = reason;
  return {
    code,
    ...(hostId === undefined ? {} : { hostId }),
    ...(subject === undefined ? {} : { subject: cut(subject) }),
    ...(required === undefined ? {} : { required: fitting(required) }),
    ...(available === undefined ? {} : { available: fitting(available) }),
    ...(unit === undefined ? {} : { unit }),
    message: cut(explainReason(reason)),
    remedy: cut(remedyOf(reason)),
  };
}

export function reasonRecords(reasons: readonly PreflightReason[]): ReasonRecord[] {
  return reasons.slice(0, most).map(reasonRecord);
}

export function rejectionRecord({
  hostId,
  reason,
  required,
  available,
  unit,
  reasons,
}: Rejection): RejectionRecord {
  return {
    hostId,
    reason,
    ...(required === undefined ? {} : { required }),
    ...(available === undefined
      ? {}
      : { available: typeof available === 'string' ? available.slice(0, longest) : available }),
    ...(unit === undefined ? {} : { unit }),
    ...(reasons === undefined ? {} : { reasons: reasonRecords(reasons) }),
  };
}

/** The end of a move that was not begun: every reason, and what helps. */
export function preflightError(reasons: readonly PreflightReason[]): OperationError {
  const said = reasons.map(explainReason).join('; ');
  const message = `it cannot move as it runs: ${said}. What helps: ${remediesOf(reasons)}`;
  return {
    code: 'preflight-failed',
    message: message.slice(0, longest),
    reasons: reasonRecords(reasons),
  };
}
