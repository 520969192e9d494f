/**
 * People ask for one thing at a time: while one request on a VM is under way no other one is written, whichever API it
 * comes through and however late that has heard of it; nor a second drain of a host.
 */
import { parseKey, type RequestRecord } from '@drover/protocol';
import type { Checker } from './checker.ts';
import { isOpen, type Records } from './truth.ts';

export const oneAtATime: Checker = {
  name: 'one-request-at-a-time',
  committed({ changes }, { records }) {
    for (const { key, value, before } of changes) {
      if (value === undefined || before !== undefined || parseKey(key).type !== 'request') continue;
      const asked = JSON.parse(value) as RequestRecord;
      const other = [...records.requests.values()].find(
        (one) => one.id !== asked.id && isSameSubject(one, asked) && isUnderWay(one, records),
      );
      if (other !== undefined) {
        return `${asked.type} ${asked.id} is asked for while ${other.type} ${other.id} is under way`;
      }
    }
    return undefined;
  },
};

function isSameSubject(a: RequestRecord, b: RequestRecord): boolean {
  if ('vmId' in a && 'vmId' in b) return a.vmId === b.vmId;
  return a.type === 'drain' && b.type === 'drain' && a.hostId === b.hostId;
}

function isUnderWay({ id }: RequestRecord, { operations }: Records): boolean {
  const operation = operations.get(id);
  return operation === undefined || isOpen(operation);
}
