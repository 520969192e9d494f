/** Why something is not passed on: a reason from a closed list, and a sentence that names what it was. */

export type RefusalReason =
  /** Bytes that are no packet of the protocol, or one that is too large. */
  | 'malformed'
  /** A call that no migration makes. */
  | 'procedure'
  /** One that a migration makes, but not now, or not again. */
  | 'sequence'
  /** It is about a VM other than the one ordered. */
  | 'other-vm'
  /** Its flags or parameters are not those ordered. */
  | 'arguments'
  /** The order's time is over. */
  | 'expired';

export interface Refusal {
  readonly reason: RefusalReason;
  /** For people: which call, what was wanted, what came. */
  readonly message: string;
}

/** Thrown within the guard, never by it. */
export class Refused extends Error {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
