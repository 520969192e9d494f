/**
 * The closed list of operating errors: stable codes that programs branch on and docs/errors.md explains.
 * A refusal of placement is a value of the core, not one of these; it travels inside `no-host-fits`.
 */
export type Retry = 'now' | 'later' | 'elsewhere' | 'never';

interface ErrorEntry {
  /** HTTP status where the API answers with it. */
  readonly status: number;
  readonly retry: Retry;
  readonly title: string;
}

export const errorCatalogue = {
  'bad-request': { status: 400, retry: 'never', title: 'The request is not understood' },
  'invalid-body': { status: 400, retry: 'never', title: 'The body does not match the schema' },
  'invalid-json': { status: 400, retry: 'never', title: 'The body is not valid JSON' },
  unauthenticated: { status: 401, retry: 'never', title: 'A valid token is needed' },
  forbidden: { status: 403, retry: 'never', title: 'The token does not allow this' },
  'csrf-refused': { status: 403, retry: 'never', title: 'The session did not say so itself' },
  'ticket-refused': { status: 403, retry: 'never', title: 'The ticket is not good for this' },
  'login-failed': { status: 403, retry: 'never', title: 'The login did not succeed' },
  'join-refused': { status: 403, retry: 'never', title: 'The host may not join with this token' },
  'token-not-found': { status: 404, retry: 'never', title: 'There is no such token' },
  'route-not-found': { status: 404, retry: 'never', title: 'There is no such address' },
  'host-not-found': { status: 404, retry: 'never', title: 'There is no such host' },
  'vm-not-found': { status: 404, retry: 'never', title: 'There is no such VM' },
  'rule-not-found': { status: 404, retry: 'never', title: 'There is no such rule' },
  'pool-not-found': { status: 404, retry: 'never', title: 'There is no such pool' },
  'image-not-found': { status: 404, retry: 'never', title: 'There is no such image' },
  'volume-not-found': { status: 404, retry: 'never', title: 'There is no such volume' },
  'snapshot-not-found': { status: 404, retry: 'never', title: 'There is no such snapshot' },
  'orphan-not-found': { status: 404, retry: 'never', title: 'There is no such file' },
  'operation-not-found': { status: 404, retry: 'never', title: 'There is no such operation' },
  'recommendation-not-found': {
    status: 404,
    retry: 'never',
    title: 'There is no such recommendation',
  },
  'drain-not-found': { status: 404, retry: 'never', title: 'This host has no drain' },
  'method-not-allowed': { status: 405, retry: 'never', title: 'This address does not do that' },
  'name-taken': { status: 409, retry: 'never', title: 'The name is in use' },
  'vm-busy': { status: 409, retry: 'later', title: 'An operation on the VM is under way' },
  'vm-not-running': { status: 409, retry: 'never', title: 'The VM is not running' },
  'console-missing': { status: 409, retry: 'never', title: 'The VM has no such console' },
  'console-taken': { status: 409, retry: 'never', title: 'Somebody else opened the console' },
  'vm-not-paused': { status: 409, retry: 'never', title: 'The VM is not paused' },
  'vm-running': { status: 409, retry: 'never', title: 'The VM is running' },
  'vm-saved': { status: 409, retry: 'never', title: 'The VM’s memory is saved' },
  'resize-needs-restart': {
    status: 409,
    retry: 'never',
    title: 'The VM takes that size at its next start only',
  },
  'no-room-to-grow': { status: 409, retry: 'later', title: 'Its host has no room for the growth' },
  'resize-timeout': { status: 504, retry: 'never', title: 'The VM did not follow in time' },
  'vm-not-saved': { status: 409, retry: 'never', title: 'No memory of the VM is saved' },
  'save-failed': { status: 500, retry: 'later', title: 'The VM could not be saved' },
  'memory-gone': { status: 409, retry: 'never', title: 'The saved memory is not what it was' },
  'memory-used': { status: 409, retry: 'never', title: 'The VM has run on since it was saved' },
  'pool-in-use': { status: 409, retry: 'never', title: 'Something lies in the pool' },
  'not-an-orphan': { status: 409, retry: 'never', title: 'The file is not an orphan' },
  'pool-full': { status: 507, retry: 'later', title: 'The pool has no room for it' },
  'pool-unsuited': { status: 409, retry: 'never', title: 'Pools of this type do not do that' },
  'image-not-ready': { status: 409, retry: 'later', title: 'The image is not there yet' },
  'image-in-use': { status: 409, retry: 'never', title: 'Volumes stand on the image' },
  'image-refused': { status: 422, retry: 'never', title: 'The image is not safe to take' },
  'image-altered': { status: 409, retry: 'never', title: 'The file is not what was recorded' },
  'volume-not-ready': { status: 409, retry: 'later', title: 'The volume is not there yet' },
  'volume-busy': { status: 409, retry: 'later', title: 'An operation on the volume is under way' },
  'volume-in-use': { status: 409, retry: 'never', title: 'A VM has the volume' },
  'too-large': { status: 413, retry: 'never', title: 'It is larger than is allowed' },
  'checksum-differs': { status: 422, retry: 'never', title: 'It is not what was announced' },
  'source-refused': { status: 403, retry: 'never', title: 'Images may not come from there' },
  'source-unreachable': { status: 502, retry: 'later', title: 'Where it should come from fails' },
  'transfer-ended': { status: 409, retry: 'never', title: 'Nothing is awaited there any more' },
  'wrong-offset': { status: 409, retry: 'now', title: 'It goes on at another byte' },
  'job-cancelled': { status: 409, retry: 'never', title: 'It was cancelled' },
  'job-failed': { status: 500, retry: 'elsewhere', title: 'The files could not be made' },
  'rule-conflict': { status: 409, retry: 'never', title: 'It contradicts another rule' },
  'rule-broken': { status: 409, retry: 'later', title: 'The rule could not be made to hold' },
  'rule-busy': { status: 409, retry: 'later', title: 'The rule is being enforced already' },
  'drain-under-way': { status: 409, retry: 'never', title: 'The host is being drained already' },
  'vm-not-blocked': { status: 409, retry: 'never', title: 'The VM is none that stays' },
  'restore-under-way': {
    status: 409,
    retry: 'later',
    title: 'VMs are going back to the host already',
  },
  'recovery-under-way': {
    status: 409,
    retry: 'never',
    title: 'The host’s VMs are being recovered already',
  },
  'host-not-down': { status: 409, retry: 'never', title: 'The host is not down' },
  'host-in-use': { status: 409, retry: 'never', title: 'Something is still on the host' },
  'host-off': { status: 409, retry: 'elsewhere', title: 'The host was said to be off' },
  'mass-loss': { status: 409, retry: 'later', title: 'Too many hosts are down at once' },
  'operation-ended': { status: 409, retry: 'never', title: 'The operation has ended' },
  'not-cancellable': { status: 409, retry: 'never', title: 'The operation cannot be cancelled' },
  restored: { status: 409, retry: 'never', title: 'etcd was restored from a backup meanwhile' },
  conflict: { status: 409, retry: 'now', title: 'Somebody else changed it at the same time' },
  'no-host-fits': { status: 409, retry: 'later', title: 'No host can take the VM' },
  'preflight-failed': { status: 409, retry: 'later', title: 'The VM cannot move as it runs' },
  'drain-blocked': { status: 409, retry: 'later', title: 'Some VMs cannot leave the host' },
  'restore-blocked': { status: 409, retry: 'later', title: 'Some VMs cannot go back to the host' },
  'precondition-failed': { status: 412, retry: 'never', title: 'It has been changed since' },
  'repeat-differs': { status: 422, retry: 'never', title: 'Another request had this key' },
  gone: { status: 410, retry: 'now', title: 'That revision is no longer kept' },
  'body-too-large': { status: 413, retry: 'never', title: 'The body is too large' },
  'unsupported-media-type': { status: 415, retry: 'never', title: 'Send application/json' },
  'websocket-needed': { status: 426, retry: 'never', title: 'This address speaks WebSocket' },
  'too-many-requests': { status: 429, retry: 'later', title: 'Too many requests' },
  'too-many-pending': { status: 429, retry: 'later', title: 'Too many operations are pending' },
  internal: { status: 500, retry: 'later', title: 'A defect in Drover' },
  'no-leader': { status: 503, retry: 'later', title: 'No scheduler leads at the moment' },
  'store-unavailable': { status: 503, retry: 'later', title: 'etcd cannot be reached' },
  'bus-unavailable': { status: 503, retry: 'later', title: 'NATS cannot be reached' },
  'stale-epoch': { status: 409, retry: 'never', title: 'The order came from a deposed leader' },
  'stale-generation': { status: 409, retry: 'never', title: 'The owner has changed since' },
  'not-fresh': { status: 409, retry: 'now', title: 'The order was too old when it arrived' },
  'unknown-command': { status: 400, retry: 'never', title: 'The agent does not know this order' },
  'duplicate-differs': { status: 409, retry: 'never', title: 'Same id, other content' },
  'journal-unwritable': { status: 503, retry: 'elsewhere', title: 'The journal cannot be written' },
  'api-unreachable': { status: 503, retry: 'later', title: 'No API of the cluster answers' },
  'hypervisor-unreachable': { status: 503, retry: 'later', title: 'libvirt does not answer' },
  'hypervisor-error': { status: 500, retry: 'elsewhere', title: 'libvirt refused or failed' },
  'pool-unavailable': { status: 503, retry: 'elsewhere', title: 'The pool is not usable there' },
  'seed-failed': { status: 503, retry: 'elsewhere', title: 'The cloud-init seed was not made' },
  'disk-locked': { status: 409, retry: 'later', title: 'Another host has the disk’s lock' },
  'tunnel-failed': { status: 503, retry: 'later', title: 'The hosts could not connect' },
  'tunnel-refused': {
    status: 409,
    retry: 'never',
    title: 'The tunnel refused what came through it',
  },
  'no-certificate': { status: 503, retry: 'later', title: 'The host has no certificate' },
  'migration-aborted': { status: 409, retry: 'never', title: 'The migration was aborted' },
  'migration-failed': { status: 500, retry: 'later', title: 'The VM stayed where it was' },
  'migration-stuck': { status: 409, retry: 'later', title: 'It did not converge' },
  'migration-timeout': { status: 504, retry: 'later', title: 'It did not converge in time' },
  'stop-timeout': { status: 504, retry: 'never', title: 'The VM did not shut down in time' },
  'vm-crashed': { status: 500, retry: 'never', title: 'The VM is on no host any more' },
  'both-running': { status: 500, retry: 'never', title: 'Two hosts run the VM' },
  'host-silent': { status: 503, retry: 'later', title: 'The host does not answer' },
  'target-changed': { status: 409, retry: 'elsewhere', title: 'The target is not right any more' },
} as const satisfies Readonly<Record<string, ErrorEntry>>;

export type ErrorCode = keyof typeof errorCatalogue;

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code);
}

/** The one error class of Drover. `message` names the object, the cause and, where there is one, the next step. */
export class DroverError extends Error {
  override readonly name = 'DroverError';
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      readonly cause?: unknown;
      readonly details?: Readonly<Record<string, unknown>>;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  get status(): number {
    return errorCatalogue[this.code].status;
  }

  get retry(): Retry {
    return errorCatalogue[this.code].retry;
  }
}
