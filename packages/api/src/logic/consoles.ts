/**
 * Consoles as far as etcd's records tell: who may open one, by a ticket that is good once, soon, for one VM, one console and
 * who got it; and where a VM's console is to be looked for. Carrying bytes is the shell's.
 */
import {
  type ConsoleType,
  DroverError,
  keys,
  type RecordMirror,
  type Stored,
  type TicketRecord,
} from '@drover/protocol';
import type { Principal } from './access.ts';
import { dropRecord, putRecord, type Write } from './write.ts';

/** Longer than anybody needs from one request to the next. */
export const ticketMs = 30_000;
const mostEach = 32;
const forgottenAtOnce = 100;

export interface NewTicket {
  readonly sha256: string;
  readonly vmId: string;
  readonly consoleType: ConsoleType;
  readonly owner: Pick<Principal, 'name' | 'via'>;
  readonly atMs: number;
}

export function createTicket(records: RecordMirror, made: NewTicket): Write {
  const { sha256, vmId, consoleType, owner, atMs } = made;
  const { name: by, via } = owner;
  const open = [...records.tickets.values()].filter(
    ({ value }) => value.by === by && value.expiresAtMs > atMs,
  );
  if (open.length >= mostEach) {
    throw new DroverError(
      'too-many-requests',
      `${by} has ${open.length} tickets that nothing was opened with; they expire within ${ticketMs / 1000} s`,
    );
  }
  const expiresAtMs = atMs + ticketMs;
  const record: TicketRecord = { v: 1, sha256, vmId, consoleType, by, via, expiresAtMs };
  return { puts: [putRecord(keys.ticket(sha256), record, undefined)], compares: [] };
}

export interface Presented {
  readonly sha256: string;
  readonly vmId: string;
  readonly owner: Pick<Principal, 'name' | 'via'>;
  readonly atMs: number;
}

/** Nothing: it is not known. Throws `ticket-refused` where it is somebody's, but not good for this; it stays as it is then. */
export function findTicket(
  records: RecordMirror,
  { sha256, vmId, owner, atMs }: Presented,
): Stored<TicketRecord> | undefined {
  const ticket = records.tickets.get(sha256);
  if (ticket === undefined) return undefined;
  const { value } = ticket;
  const isGood =
    value.by === owner.name &&
    value.via === owner.via &&
    value.vmId === vmId &&
    value.expiresAtMs > atMs;
  // Why is nobody's business who did not get it.
  if (!isGood) throw refusedTicket();
  return ticket;
}

/** It is good for nothing from then on: of two at once, one comes too late. */
export function useTicket(records: RecordMirror, presented: Presented): Write {
  const ticket = findTicket(records, presented);
  if (ticket === undefined) throw refusedTicket();
  return { puts: [dropRecord(keys.ticket(presented.sha256), ticket)], compares: [] };
}

export function refusedTicket(): DroverError {
  const message =
    'the ticket was used, has expired, or is not for this VM and you; ask for a new one (POST …/console)';
  return new DroverError('ticket-refused', message);
}

export function forgetTickets(records: RecordMirror, nowMs: number): Write | undefined {
  const [first, ...others] = [...records.tickets.values()]
    .filter(({ value }) => value.expiresAtMs <= nowMs)
    .slice(0, forgottenAtOnce)
    .map((stored) => dropRecord(keys.ticket(stored.value.sha256), stored));
  return first && { puts: [first, ...others], compares: [] };
}

export type ConsolePlace =
  | { readonly type: 'gone' }
  /** It runs nowhere, as far as is known. */
  | { readonly type: 'off'; readonly vmState: string }
  | { readonly type: 'on'; readonly hostId: string }
  | { readonly type: 'moving'; readonly hostId: string; readonly to?: string };

export function consolePlace(records: RecordMirror, vmId: string): ConsolePlace {
  if (!records.vmIntents.has(vmId)) return { type: 'gone' };
  const assignment = records.assignments.get(vmId)?.value;
  const { state = 'pending', hostId, operationId = '' } = assignment ?? {};
  const isOff = ['pending', 'stopped', 'saved', 'crashed'].includes(state);
  if (hostId === undefined || isOff) return { type: 'off', vmState: state };
  const operation = records.operations.get(operationId)?.value;
  if (operation?.type !== 'migrate' || state === 'starting') return { type: 'on', hostId };
  const { target } = operation;
  return { type: 'moving', hostId, ...(target === undefined ? {} : { to: target }) };
}

/** Whether the next attempt could come to something else. */
export function samePlace(one: ConsolePlace, other: ConsolePlace): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
