/**
 * The etcd key grammar, built and parsed only here. The prefix says who may write: `intent/` the API,
 * `decision/` the scheduler under its epoch, `leader/` the schedulers' election.
 */
export const keyPrefix = {
  intent: '/drover/intent/',
  decision: '/drover/decision/',
  leader: '/drover/leader/',
} as const;

export const keys = {
  hostIntent: (hostId: string) => `/drover/intent/hosts/${hostId}`,
  vmIntent: (vmId: string) => `/drover/intent/vms/${vmId}`,
  vmName: (name: string) => `/drover/intent/vm-names/${name}`,
  pool: (name: string) => `/drover/intent/pools/${name}`,
  rule: (name: string) => `/drover/intent/rules/${name}`,
  imageIntent: (imageId: string) => `/drover/intent/images/${imageId}`,
  imageName: (name: string) => `/drover/intent/image-names/${name}`,
  volumeIntent: (volumeId: string) => `/drover/intent/volumes/${volumeId}`,
  volumeName: (name: string) => `/drover/intent/volume-names/${name}`,
  /** Of the whole cluster, by subject. */
  settings: (subject: 'migration' | 'images' | 'balance') => `/drover/intent/settings/${subject}`,
  /** A recommendation that a person does not want. */
  dismissal: (recommendationId: string) => `/drover/intent/dismissals/${recommendationId}`,
  request: (requestId: string) => `/drover/intent/requests/${requestId}`,
  /** That a request of a person's was carried out, by what names it; see `RepeatRecord`. */
  repeat: (digest: string) => `/drover/intent/repeats/${digest}`,
  token: (tokenId: string) => `/drover/intent/tokens/${tokenId}`,
  /** Of a console, by what SHA-256 makes of it. */
  ticket: (sha256: string) => `/drover/intent/tickets/${sha256}`,
  joinToken: (tokenId: string) => `/drover/intent/join-tokens/${tokenId}`,
  /** The key of a host that has joined. */
  hostKey: (hostId: string) => `/drover/intent/host-keys/${hostId}`,
  /** Raised by a person after etcd was restored from a backup; see docs/restore-etcd.md. */
  era: () => '/drover/intent/cluster/era',
  /** etcd was seen to go back, and nothing is decided before the era is raised. */
  restored: () => '/drover/decision/cluster/restored',
  /** A host that the scheduler has heard of. */
  host: (hostId: string) => `/drover/decision/hosts/${hostId}`,
  assignment: (vmId: string) => `/drover/decision/vms/${vmId}`,
  poolState: (name: string) => `/drover/decision/pools/${name}`,
  image: (imageId: string) => `/drover/decision/images/${imageId}`,
  volume: (volumeId: string) => `/drover/decision/volumes/${volumeId}`,
  operation: (operationId: string) => `/drover/decision/operations/${operationId}`,
  /** The CPU that new VMs start with. */
  cpuBaseline: () => '/drover/decision/cluster/cpu',
  /** `{ epoch, commitId }` of the newest commit: an unknown outcome is read back here. */
  lastCommit: () => '/drover/decision/last-commit',
  leader: (leaseHex: string) => `/drover/leader/${leaseHex}`,
} as const;

export type ParsedKey =
  | { readonly type: 'era'; readonly id: string }
  | { readonly type: 'restored'; readonly id: string }
  | { readonly type: 'host-intent'; readonly id: string }
  | { readonly type: 'vm-intent'; readonly id: string }
  | { readonly type: 'vm-name'; readonly id: string }
  | { readonly type: 'pool'; readonly id: string }
  | { readonly type: 'rule'; readonly id: string }
  | { readonly type: 'pool-state'; readonly id: string }
  | { readonly type: 'image-intent'; readonly id: string }
  | { readonly type: 'image-name'; readonly id: string }
  | { readonly type: 'volume-intent'; readonly id: string }
  | { readonly type: 'volume-name'; readonly id: string }
  | { readonly type: 'image'; readonly id: string }
  | { readonly type: 'volume'; readonly id: string }
  | { readonly type: 'settings'; readonly id: string }
  | { readonly type: 'dismissal'; readonly id: string }
  | { readonly type: 'request'; readonly id: string }
  | { readonly type: 'repeat'; readonly id: string }
  | { readonly type: 'token'; readonly id: string }
  | { readonly type: 'ticket'; readonly id: string }
  | { readonly type: 'join-token'; readonly id: string }
  | { readonly type: 'host-key'; readonly id: string }
  | { readonly type: 'host'; readonly id: string }
  | { readonly type: 'assignment'; readonly id: string }
  | { readonly type: 'operation'; readonly id: string }
  | { readonly type: 'cpu-baseline' }
  | { readonly type: 'last-commit' }
  | { readonly type: 'unknown' };

const kinds: Readonly<
  Record<string, Exclude<ParsedKey['type'], 'cpu-baseline' | 'last-commit' | 'unknown'>>
> = {
  'intent/cluster': 'era',
  'decision/cluster': 'restored',
  'intent/hosts': 'host-intent',
  'intent/vms': 'vm-intent',
  'intent/vm-names': 'vm-name',
  'intent/pools': 'pool',
  'intent/rules': 'rule',
  'intent/images': 'image-intent',
  'intent/image-names': 'image-name',
  'intent/volumes': 'volume-intent',
  'intent/volume-names': 'volume-name',
  'decision/pools': 'pool-state',
  'decision/images': 'image',
  'decision/volumes': 'volume',
  'intent/settings': 'settings',
  'intent/dismissals': 'dismissal',
  'intent/requests': 'request',
  'intent/repeats': 'repeat',
  'intent/tokens': 'token',
  'intent/tickets': 'ticket',
  'intent/join-tokens': 'join-token',
  'intent/host-keys': 'host-key',
  'decision/hosts': 'host',
  'decision/vms': 'assignment',
  'decision/operations': 'operation',
};

/** Total: a key that is not ours is `unknown`, never an error. */
export function parseKey(key: string): ParsedKey {
  if (key === keys.lastCommit()) return { type: 'last-commit' };
  if (key === keys.cpuBaseline()) return { type: 'cpu-baseline' };
  const match = /^\/drover\/(intent|decision)\/([a-z-]+)\/([^/]+)$/.exec(key);
  const type = match ? kinds[`${match[1]}/${match[2]}`] : undefined;
  return type && match?.[3] ? { type, id: match[3] } : { type: 'unknown' };
}
