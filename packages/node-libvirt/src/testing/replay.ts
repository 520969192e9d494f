/**
 * A recording as the handlers of a fake daemon. A call is answered by what was answered to the same
 * arguments; asked again it gets the next answer, and the last one from then on. Events follow the answer
 * that they followed when they were recorded.
 */
import { LibvirtError } from '../errors.ts';
import { procedureOf, type ProcedureName } from '../protocol/procedures.ts';
import type { EventName, EventWireOf } from '../protocol/events.ts';
import { decode, encode } from '../xdr/codec.ts';
import type { FakeConnection } from './fake-connection.ts';
import type { Handlers } from './fake-daemon.ts';
import { formatValue, type RecordedCall, type RecordedEvent, type Recording } from './recording.ts';

interface Answer extends RecordedCall {
  /** What came before the next answer of the recording. */
  readonly after: RecordedEvent[];
}

/** For `new FakeDaemon(replay(recording))`, alone or among handlers of one's own. */
export function replay(recording: Recording): Handlers {
  const answers = new Map<string, Answer[]>();
  const names = new Set<ProcedureName>();
  let last: Answer | undefined;
  for (const entry of recording) {
    if ('event' in entry) {
      last?.after.push(entry);
      continue;
    }
    last = { ...entry, after: [] };
    const key = keyOf(entry.call, entry.args);
    answers.set(key, [...(answers.get(key) ?? []), last]);
    names.add(entry.call);
  }
  const handle = (name: ProcedureName) => (args: unknown, connection: FakeConnection) =>
    answerOf(name, answers.get(keyOf(name, args)), args, connection);
  return Object.fromEntries([...names].map((name) => [name, handle(name)])) as Handlers;
}

function answerOf(
  name: ProcedureName,
  left: Answer[] | undefined,
  args: unknown,
  connection: FakeConnection,
): unknown {
  const answer = left?.[0];
  if (left === undefined || answer === undefined) {
    const message = `not in the recording: ${name} ${formatValue(args)}`;
    throw new LibvirtError({ code: 1, domain: 0, level: 2, message });
  }
  if (left.length > 1) left.shift();
  // After the reply: what a client hears before that, it would not take for its consequence.
  if (answer.after.length > 0) setImmediate(() => emitAll(connection, answer.after));
  if (answer.error !== undefined) throw new LibvirtError(answer.error);
  return answer.reply;
}

function emitAll(connection: FakeConnection, events: readonly RecordedEvent[]): void {
  for (const { event, wire } of events) connection.emit(event, wire as EventWireOf<EventName>);
}

/** As on the wire: there an optional field left out and one set to nothing are the same. */
function keyOf(name: ProcedureName, args: unknown): string {
  const codec = procedureOf(name).args;
  return `${name} ${formatValue(decode(codec, encode(codec, args)))}`;
}
