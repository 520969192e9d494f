/** Opening a console: the ticket that a WebSocket is opened with, once. What passes there is protocol's `console.ts`. */
import { Type, type Static } from 'typebox';
import { ConsoleType } from '../console.ts';
import { Count, Uuid } from '../names.ts';
import { named, Text } from './shape.ts';

export const ConsoleAsk = Type.Object({ type: ConsoleType }, named('ConsoleAsk'));
export type ConsoleAsk = Static<typeof ConsoleAsk>;

export const ConsoleTicket = Type.Object(
  {
    vmId: Uuid,
    type: ConsoleType,
    expiresAtMs: Count,
    /** Told this once. Absent where the same request came before, and was answered with it. */
    ticket: Type.Optional(Text),
  },
  named('ConsoleTicket'),
);
export type ConsoleTicket = Static<typeof ConsoleTicket>;
