/**
 * The errors a caller can meet, one class per kind of wrong: the daemon said no (`LibvirtError`), the
 * bytes made no sense (`ProtocolError`), the connection ended (`ConnectionError`), the caller's own
 * patience did (`CallAbandonedError`), nobody could prove who they are (`AuthError`), or the way to the daemon was never one (`UriError`). What to do
 * about them is left to the caller.
 */
import { errorCode, errorDomain } from './protocol/error-codes.ts';

export type ProtocolErrorReason =
  | 'truncated'
  | 'trailing-bytes'
  | 'over-limit'
  | 'bad-value'
  | 'bad-header'
  | 'unknown-serial'
  | 'cannot-encode';

/** Bytes from the peer, or a value from the caller (`cannot-encode`), that do not fit the protocol. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly reason: ProtocolErrorReason;

  constructor(reason: ProtocolErrorReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface LibvirtErrorFields {
  /** libvirt's error number; see `errorCode`. */
  readonly code: number;
  /** The part of libvirt that raised it (7 is the RPC layer itself). */
  readonly domain: number;
  /** 2 is an error, 1 a warning. */
  readonly level: number;
  readonly message: string;
  readonly procedure?: string;
  /** The domain that it is about, where libvirt says so. */
  readonly dom?: ObjectRef;
  readonly net?: ObjectRef;
}

/** What an error is about. */
export interface ObjectRef {
  readonly name: string;
  readonly uuid: string;
}

/** An answer of the daemon that says no. Branch on `code` or the `is…` helpers, never on the text. */
export class LibvirtError extends Error {
  override readonly name = 'LibvirtError';
  readonly code: number;
  readonly domain: number;
  readonly level: number;
  readonly procedure: string | undefined;
  readonly dom: ObjectRef | undefined;
  readonly net: ObjectRef | undefined;

  /** The part of libvirt that raised it, by name. */
  get domainName(): keyof typeof errorDomain | undefined {
    return domainNames.get(this.domain);
  }

  constructor(fields: LibvirtErrorFields) {
    super(fields.message);
    // A daemon that does not know a procedure answers with a bare RPC error; its text is all there is.
    const unknownProcedure =
      fields.code === errorCode.rpc && fields.message.startsWith('unknown procedure');
    this.code = unknownProcedure ? errorCode.noSupport : fields.code;
    this.domain = fields.domain;
    this.level = fields.level;
    this.procedure = fields.procedure;
    this.dom = fields.dom;
    this.net = fields.net;
  }
}

const domainNames: ReadonlyMap<number, keyof typeof errorDomain> = new Map(
  Object.entries(errorDomain).map(([name, number]) => [number, name as keyof typeof errorDomain]),
);

export type CloseReason =
  /** `close()` was called here. */
  | 'closed'
  /** The peer ended the connection. */
  | 'ended'
  /** The socket failed. */
  | 'socket-error'
  /** The peer broke the protocol. */
  | 'protocol-error'
  /** The peer answered no ping in time. */
  | 'keepalive'
  /** Two abandoned calls still occupy the daemon. */
  | 'retired'
  /** The connect sequence failed. */
  | 'connect-failed';

/** The connection is gone. `sent: false` means the call never left and is safe to repeat elsewhere. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly reason: CloseReason;
  readonly sent: boolean;

  constructor(reason: CloseReason, sent: boolean, cause?: unknown) {
    const why =
      reason === 'connect-failed' && cause instanceof Error && cause.message !== ''
        ? `: ${cause.message}`
        : '';
    const outcome = sent ? ', the outcome of the call is unknown' : '';
    super(`connection ${reason}${outcome}${why}`, { cause });
    this.reason = reason;
    this.sent = sent;
  }
}

/** The caller's deadline or signal came first. With `sent: true` the daemon may still do the work. */
export class CallAbandonedError extends Error {
  override readonly name = 'CallAbandonedError';
  readonly reason: 'deadline' | 'aborted';
  readonly sent: boolean;
  readonly procedure: string;

  constructor(reason: 'deadline' | 'aborted', procedure: string, sent: boolean, cause?: unknown) {
    super(`${procedure}: ${reason}${sent ? ', outcome unknown' : ', never sent'}`, { cause });
    this.reason = reason;
    this.procedure = procedure;
    this.sent = sent;
  }
}

/** A connection URI that cannot be used, told before anything was opened. */
export class UriError extends Error {
  override readonly name = 'UriError';

  /** Of the URI only the part at fault: it may hold what a log should not. */
  constructor(cause: string, nextStep: string) {
    super(`the connection URI cannot be used: ${cause}; ${nextStep}`);
  }
}

/** Who we are could not be proved, or the daemon could not prove who it is. Never shows a password. */
export class AuthError extends Error {
  override readonly name = 'AuthError';
}

/** The same attempt to connect would fail again: nothing but a change of options can mend it. */
export function isPermanent(error: unknown): boolean {
  if (error instanceof UriError || error instanceof AuthError) return true;
  return error instanceof LibvirtError && permanentCodes.has(error.code);
}

const permanentCodes: ReadonlySet<number> = new Set([
  errorCode.authFailed,
  errorCode.accessDenied,
  errorCode.invalidArgument,
  errorCode.noSupport,
]);

/** More calls wait than the connection's `maxQueued`; the call was not sent. */
export class QueueFullError extends Error {
  override readonly name = 'QueueFullError';
  readonly sent = false;
}

const hasCode =
  (...codes: readonly number[]) =>
  (error: unknown): error is LibvirtError =>
    error instanceof LibvirtError && codes.includes(error.code);

/** No such domain, network, pool, volume, secret, snapshot, device, …, or no such metadata. */
export const isNotFound = hasCode(
  errorCode.noNodeDevice,
  errorCode.noInterface,
  errorCode.noNwfilter,
  errorCode.noNwfilterBinding,
  errorCode.noNetworkPort,
  errorCode.noDomainSnapshot,
  errorCode.noDomainCheckpoint,
  errorCode.noDomainBackup,
  errorCode.noNetworkMetadata,
  errorCode.noDomain,
  errorCode.noNetwork,
  errorCode.noStoragePool,
  errorCode.noStorageVol,
  errorCode.noSecret,
  errorCode.noDomainMetadata,
);
export const isAlreadyExists = hasCode(
  errorCode.domainExists,
  errorCode.networkExist,
  errorCode.storageVolExists,
  errorCode.networkPortExist,
);
export const isUnsupported = hasCode(
  errorCode.noSupport,
  errorCode.argumentUnsupported,
  errorCode.operationUnsupported,
);
/** The object is not in a state that allows the operation (55). */
export const isOperationInvalid = hasCode(errorCode.operationInvalid);
/** The daemon waited 30 s for the domain's job lock (68). */
export const isLockTimeout = hasCode(errorCode.operationTimeout);
/** The operation was cancelled by an abort (78). */
export const isOperationAborted = hasCode(errorCode.operationAborted);
/** A lock on a resource, such as an image, is held elsewhere (87). */
export const isResourceBusy = hasCode(errorCode.resourceBusy);
/** The disks' caching would make the migration unsafe; `migrateFlag.unsafe` insists (81). */
export const isMigrationUnsafe = hasCode(errorCode.migrateUnsafe);
/** The host cannot give the CPU that was asked for (91). */
export const isCpuIncompatible = hasCode(errorCode.cpuIncompatible);
/** The guest agent does not answer, or is not there (86). */
export const isAgentUnresponsive = hasCode(errorCode.agentUnresponsive);
export const isAccessDenied = hasCode(errorCode.accessDenied, errorCode.authFailed);

/** True when the daemon may have done, or may still do, what was asked: look before acting again. */
export function isOutcomeUnknown(error: unknown): boolean {
  if (error instanceof ConnectionError || error instanceof CallAbandonedError) return error.sent;
  return error instanceof ProtocolError && error.reason !== 'cannot-encode';
}
