/**
 * Names and numbers of a console's WebSocket, as a page needs them that does without the schemas: subprotocols, and what such a
 * connection is closed with.
 */

/** The subprotocol that the API speaks; the ticket comes as a second one, behind `ticketProtocol`. */
export const consoleProtocol = 'drover.console.v1';
export const ticketProtocol = 'ticket.';
/** Of a page, which can write no header: its token behind this, in base64url. */
export const bearerProtocol = 'bearer.';

/** Why a WebSocket ended, beside the numbers that every WebSocket has. A client asks for a new ticket after none of these. */
export const consoleCloses = {
  /** Who opened it may not any more. */
  forbidden: 4403,
  /** There is no such VM any more, or it has no such console. */
  missing: 4404,
  /** Nothing passed for long. */
  idle: 4408,
  /** Somebody else opened the serial console. */
  taken: 4409,
} as const;

/** From an agent: the VM goes on elsewhere. */
export const consoleMoved = 4301;
