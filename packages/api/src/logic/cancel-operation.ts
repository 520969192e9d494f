/**
 * Cancelling an operation on an image or a volume, or a save: it leaves nothing of what it was about to make. And a
 * restore, or the enforcing of a rule: what has moved stays moved.
 */
import { DroverError, keys, type RecordMirror } from '@drover/protocol';
import { cancelRequest } from './decide-drain.ts';
import { isCancellableStorage, isOpen, requireOperation } from './operations.ts';
import { type Ask, putRecord, type Write } from './write.ts';

const elsewhere: Readonly<Record<string, string>> = {
  migrate: 'DELETE /v1/migrations/ID aborts a migration',
  drain: 'DELETE /v1/hosts/HOST/drain cancels a drain',
};

/** Nothing: it was cancelled before. */
export function cancelOperation(records: RecordMirror, id: string, ask: Ask): Write | undefined {
  const operation = requireOperation(records, id);
  const { type, state } = operation;
  const isOfMoves = type === 'restore' || type === 'enforce';
  if (isOpen(operation) && !isOfMoves && !isCancellableStorage(operation)) {
    const how = elsewhere[type] ?? 'it is done in a moment, or cannot be taken back';
    throw new DroverError('not-cancellable', `operation ${id} is a ${type}, ${state}: ${how}`);
  }
  const cancelled = cancelRequest(records, id, ask);
  const intent = records.imageIntents.get(operation.imageId ?? '');
  if (cancelled === undefined || type !== 'image-delete' || intent === undefined) return cancelled;
  // The image waits for its users, and stays after all.
  const { deleted: _deleted, ...kept } = intent.value;
  return {
    ...cancelled,
    puts: [...cancelled.puts, putRecord(keys.imageIntent(intent.value.id), kept, intent)],
  };
}
