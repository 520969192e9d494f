/** How much one person or program may have under way: nobody takes all of what the cluster bears. */
import { DroverError, parseKey, type RecordMirror } from '@drover/protocol';
import { isOpen } from './operations.ts';
import type { Decide } from './write.ts';

export function withinLimit(decide: Decide, by: string, most: number): Decide {
  return (records) => {
    const write = decide(records);
    const asks = write?.puts.some(
      ({ key, expectedModRevision }) =>
        expectedModRevision === 0 && parseKey(key).type === 'request',
    );
    if (asks === true && countOf(records, by) >= most) {
      throw new DroverError(
        'too-many-pending',
        `${most} operations that ${by} asked for are under way or wait; no more may at once`,
      );
    }
    return write;
  };
}

/** What was asked for, and has not ended. */
function countOf(records: RecordMirror, by: string): number {
  let count = 0;
  for (const { value } of records.requests.values()) {
    if (value.by !== by) continue;
    const operation = records.operations.get(value.id)?.value;
    if (operation === undefined || isOpen(operation)) count += 1;
  }
  return count;
}
