/** The command that does the same as a button. What is shown can be pasted into a shell as it is. */

interface DrainWords {
  readonly parallel?: number;
  /** `1h` */
  readonly deadline?: string;
  readonly message?: string;
  readonly onUnmovable?: 'leave' | 'shutdown';
}

export const cliLines = {
  status: () => 'drover status',
  headroom: () => 'drover cluster headroom',
  hosts: () => 'drover host list',
  host: (id: string) => line('host', 'show', id),
  cordon: (id: string) => line('host', 'cordon', id),
  uncordon: (id: string) => line('host', 'uncordon', id),
  restore: (id: string) => line('host', 'restore', id, '--move-back'),
  drainPlan: (id: string) => line('host', 'drain', id, '--dry-run'),
  drain: (
    id: string,
    { parallel = 1, deadline = '', message = '', onUnmovable = 'leave' }: DrainWords = {},
  ) =>
    line(
      'host',
      'drain',
      id,
      ...(parallel === 1 ? [] : ['--parallel', `${parallel}`]),
      ...(deadline === '' ? [] : ['--deadline', deadline]),
      ...(onUnmovable === 'leave' ? [] : ['--on-unmovable', onUnmovable]),
      ...(message === '' ? [] : ['--message', message]),
    ),
  drainWatch: (id: string) => line('host', 'drain', id, '--watch'),
  drainPause: (id: string) => line('host', 'drain', id, '--pause'),
  drainResume: (id: string) => line('host', 'drain', id, '--resume'),
  drainRetry: (id: string, vm: string) => line('host', 'drain', id, '--retry', vm),
  drainCancel: (id: string) => line('host', 'drain', id, '--cancel'),
  forget: (id: string) => line('host', 'forget', id),
  vms: () => 'drover vm list',
  vm: (name: string) => line('vm', 'show', name),
  explain: (name: string) => line('explain', name),
  start: (name: string) => line('vm', 'start', name),
  stop: (name: string, force = false) => line('vm', 'stop', name, ...(force ? ['--force'] : [])),
  reboot: (name: string, force = false) =>
    line('vm', 'reboot', name, ...(force ? ['--force'] : [])),
  rename: (name: string, to: string) => line('vm', 'rename', name, to),
  clone: (name: string, to: string, start = false) =>
    line('vm', 'clone', name, to, ...(start ? ['--start'] : [])),
  save: (name: string) => line('vm', 'save', name),
  resume: (name: string) => line('vm', 'resume', name),
  pause: (name: string) => line('vm', 'pause', name),
  unpause: (name: string) => line('vm', 'unpause', name),
  migrate: (name: string, target = '') =>
    line('vm', 'migrate', name, ...(target === '' ? [] : ['--to', target])),
  migratePlan: (name: string, target = '') =>
    line('vm', 'migrate', name, ...(target === '' ? [] : ['--to', target]), '--dry-run'),
  resize: (
    name: string,
    to: {
      readonly vcpus?: number;
      readonly memoryMib?: number;
      readonly atNextStart?: boolean;
    } = {},
  ) =>
    line(
      'vm',
      'resize',
      name,
      ...(to.vcpus === undefined ? [] : ['--vcpus', `${to.vcpus}`]),
      ...(to.memoryMib === undefined ? [] : ['--memory', `${to.memoryMib}MiB`]),
      ...(to.atNextStart === true ? ['--at-next-start'] : []),
    ),
  vmBalance: (name: string, balance: string) => line('vm', 'set', name, '--balance', balance),
  vmConsole: (name: string, type: 'vnc' | 'serial') =>
    line('vm', type === 'vnc' ? 'vnc' : 'console', name),
  remove: (name: string) => line('vm', 'delete', name),
  abort: (operationId: string) => line('migration', 'abort', operationId),
  migration: (operationId: string) => line('migration', 'show', operationId),
  recommendations: () => 'drover recommendations list',
  applyRecommendation: (id: string) => line('recommendations', 'apply', id),
  balanceHistory: () => 'drover balance history',
  rules: () => 'drover rule list',
  enforceRule: (name: string) => line('rule', 'enforce', name),
  removeRule: (name: string) => line('rule', 'delete', name),
  pools: () => 'drover pool list',
  pool: (name: string) => line('pool', 'show', name),
  doctor: (name: string) => line('pool', 'doctor', name),
  orphans: (name: string) => line('pool', 'orphans', name),
  images: () => 'drover image list',
  upload: (name: string, file: string, pool: string) =>
    line('image', 'upload', name, file, '--pool', pool),
  removeImage: (name: string) => line('image', 'delete', name),
  verifyImage: (name: string) => line('image', 'verify', name),
  operations: () => 'drover operation list',
  operation: (id: string) => line('operation', 'show', id),
  cancelOperation: (id: string) => line('operation', 'cancel', id),
  events: () => 'drover events',
  audit: () => 'drover audit',
  tokens: () => 'drover token list',
  createToken: (name: string, role: string, expires: string) =>
    line('token', 'create', name, '--role', role, '--expires', expires),
  revokeToken: (name: string) => line('token', 'revoke', name),
  createJoinToken: (host: string) =>
    line('join-token', 'create', ...(host === '' ? [] : ['--host', host])),
} as const;

function line(...words: readonly string[]): string {
  return ['drover', ...words.map(quoted)].join(' ');
}

/** A word that a shell would take apart or replace is quoted. */
export function quoted(word: string): string {
  return /^[A-Za-z0-9@%_+=:,./-]+$/.test(word)
    ? word
    : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
