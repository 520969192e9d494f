/**
 * Consoles of VMs: which there are, what is said about one on a WebSocket beside its bytes, and the numbers that such a
 * connection is closed with. Between a client and the API, and between the API and an agent.
 */
import { Type, type Static } from 'typebox';
import { Count, Label, Name, Uuid } from './names.ts';
import { Sha256 } from './storage-job.ts';

const closed = { additionalProperties: false } as const;

/** Its screen, keyboard and pointer, as RFB has them; its first serial line, as bytes. */
export const ConsoleType = Type.Union([Type.Literal('vnc'), Type.Literal('serial')]);
export type ConsoleType = Static<typeof ConsoleType>;

/** Text frames of the API. Bytes between them are the VM's. */
export const ConsoleNews = Type.Union([
  /** A stream begins: of VNC with its handshake; of a serial line it goes on. Counts up from 1. */
  Type.Object({ state: Type.Literal('connected'), host: Name, stream: Count }, closed),
  /** The VM moves: a stream follows, from wherever it runs then. */
  Type.Object({ state: Type.Literal('moving'), to: Type.Optional(Name) }, closed),
  /** It does not run; a stream follows once it does. */
  Type.Object({ state: Type.Literal('off'), vmState: Type.String({ maxLength: 32 }) }, closed),
  /** It cannot be reached at the moment; that is tried again. */
  Type.Object({ state: Type.Literal('waiting'), reason: Type.String({ maxLength: 1024 }) }, closed),
]);
export type ConsoleNews = Static<typeof ConsoleNews>;

/**
 * Text frame of a client: it takes this stream up. What came before that was meant for the former one, and is dropped;
 * of a serial line it is typed all the same.
 */
export const ConsoleTaken = Type.Object({ stream: Count }, closed);
export type ConsoleTaken = Static<typeof ConsoleTaken>;

/** That somebody may open a console once, soon. Its key is what SHA-256 makes of the ticket, which is nowhere. */
export const TicketRecord = Type.Object(
  {
    v: Type.Literal(1),
    sha256: Sha256,
    vmId: Uuid,
    consoleType: ConsoleType,
    by: Label,
    /** By what it was known who that is: the same name may be somebody else's there. */
    via: Type.String({ maxLength: 32 }),
    expiresAtMs: Count,
  },
  closed,
);
export type TicketRecord = Static<typeof TicketRecord>;
