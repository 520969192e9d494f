/**
 * What etcd's records may become: generations grow with every change of owner, an operation that has ended
 * stays ended and is not lost before, decisions are written by the one who leads.
 */
import {
  type AssignmentRecord,
  type LastCommitRecord,
  type OperationRecord,
  parseKey,
} from '@drover/protocol';
import type { Commit } from '../etcd.ts';
import type { Checker } from './checker.ts';
import { isOpen } from './truth.ts';

type Change = Commit['changes'][number];

export const generations: Checker = {
  name: 'generations-grow',
  committed({ changes }) {
    for (const change of changes) {
      const pair = recordsOf<AssignmentRecord>(change, 'assignment');
      if (pair?.before === undefined || pair.after === undefined) continue;
      const { before, after } = pair;
      const about = `${after.vmId}: generation ${before.generation} becomes ${after.generation}`;
      if (after.generation < before.generation) return about;
      const isNewOwner = after.hostId !== undefined && after.hostId !== before.hostId;
      if (isNewOwner && after.generation === before.generation) {
        return `${about} while its owner ${before.hostId ?? 'nobody'} becomes ${after.hostId}`;
      }
    }
    return undefined;
  },
};

export const operationsEnd: Checker = {
  name: 'no-request-lost',
  committed({ changes }, { records }) {
    for (const change of changes) {
      const pair = recordsOf<OperationRecord>(change, 'operation');
      if (pair?.before !== undefined) {
        const { before, after } = pair;
        if (isOpen(before) && after === undefined) return `operation ${before.id} is gone, unended`;
        if (!isOpen(before) && after !== undefined && after.state !== before.state) {
          return `operation ${before.id} was ${before.state} and becomes ${after.state}`;
        }
      }
      const key = parseKey(change.key);
      if (key.type !== 'request' || change.value !== undefined) continue;
      const operation = records.operations.get(key.id);
      if (operation === undefined || isOpen(operation)) {
        const isGone = changes.some((other) => other.key.endsWith(`/operations/${key.id}`));
        if (!isGone) return `request ${key.id} is gone before it was answered`;
      }
    }
    return undefined;
  },
};

export const writtenByLeader: Checker = {
  name: 'only-the-leader-decides',
  committed({ changes }, { records }) {
    const last = changes.find(({ key }) => parseKey(key).type === 'last-commit');
    if (last?.value === undefined) return undefined;
    const { epoch, commitId } = JSON.parse(last.value) as LastCommitRecord;
    const { candidates, gone } = records;
    const before = [...candidates].flatMap(([key, revision]) =>
      revision < Number(epoch) && !gone.has(key) ? [revision] : [],
    );
    if (before.length === 0 && [...candidates.values()].includes(Number(epoch))) return undefined;
    const leader = Math.min(...before, ...candidates.values());
    return `commit ${commitId} was made under epoch ${epoch}, and ${leader} leads`;
  },
};

export function recordsOf<T>(
  change: Change,
  type: 'assignment' | 'operation',
): { readonly before: T | undefined; readonly after: T | undefined } | undefined {
  if (parseKey(change.key).type !== type) return undefined;
  const read = (text: string | undefined) =>
    text === undefined ? undefined : (JSON.parse(text) as T);
  return { before: read(change.before?.value), after: read(change.value) };
}
