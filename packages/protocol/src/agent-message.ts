/** What an agent says. The host it speaks for is in the subject, enforced by the server. */
import { Type, type Static } from 'typebox';
import { TunnelEnd } from './agent-command.ts';
import { type Parsed, parseJson } from './parse.ts';
import { parseAgentSubject } from './subjects.ts';
import { MigrationTimeline } from './migration.ts';
import { PoolCondition, PoolMark, PoolMount } from './pool-spec.ts';
import { Answer } from './question.ts';
import { Sha256, StorageProgress, StoredFacts, TransferEnd } from './storage-job.ts';
import { Count, Epoch, Labels, Name, NetworkHost, OperationId, Uuid } from './names.ts';

const closed = { additionalProperties: false } as const;
const Text = Type.String({ maxLength: 1024 });
const Permille = Type.Integer({ minimum: 0, maximum: 1000 });

const HostUsage = Type.Object(
  {
    cpuMilli: Count,
    memoryMib: Count,
    cpuPressurePermille: Permille,
    memoryPressurePermille: Permille,
  },
  closed,
);

/** What a VM that runs and is not on the move has used lately, on average. */
export const VmUse = Type.Object(
  {
    vmId: Uuid,
    cpuMilli: Count,
    /** What its vCPUs would have used besides, had others not been before them; absent where libvirt cannot tell. */
    cpuWaitMilli: Type.Optional(Count),
    /** Of its memory, what it has touched. */
    memoryMib: Type.Optional(Count),
  },
  closed,
);
export type VmUse = Static<typeof VmUse>;

/** Every 2 s. Small, so that a scheduler of a thousand hosts only ever pays for what changed. */
export const Heartbeat = Type.Object(
  {
    v: Type.Literal(1),
    seq: Count,
    bootId: Type.String({ maxLength: 64 }),
    incarnation: Type.String({ maxLength: 64 }),
    nonce: Type.String({ maxLength: 64 }),
    maxEpoch: Epoch,
    state: Type.Union([Type.Literal('ready'), Type.Literal('degraded')]),
    /** Why it is degraded: `libvirt-unreachable`, `journal-unwritable`, `journal-altered`. */
    reasons: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 8 }),
    /** Changes when the set of VMs, or a state of one or of a pool changes; a new one asks for an inventory. */
    vmDigest: Type.String({ maxLength: 64 }),
    usage: Type.Optional(HostUsage),
    /** Every 10 s. */
    vms: Type.Optional(Type.Array(VmUse, { maxItems: 1000 })),
  },
  closed,
);
export type Heartbeat = Static<typeof Heartbeat>;

export const ReportedVm = Type.Object(
  {
    vmId: Uuid,
    name: Type.String({ maxLength: 255 }),
    state: Type.Union([
      Type.Literal('running'),
      Type.Literal('paused'),
      Type.Literal('paused-migrating'),
      Type.Literal('paused-io-error'),
      Type.Literal('shut-off'),
      Type.Literal('crashed'),
    ]),
    migrating: Type.Boolean(),
    /** Its memory is on its way into a file. */
    saving: Type.Optional(Type.Literal(true)),
    /** Highest generation that this agent knows for it; absent: a VM that Drover never touched. */
    generation: Type.Optional(Count),
    /** The most that it can have while it runs; what it has now where that is less. */
    memoryMib: Count,
    balloonMib: Type.Optional(Count),
    /** What it has now; the most that it can have while it runs where that is more. */
    vcpus: Count,
    maxVcpus: Type.Optional(Count),
    cpuMilliUsed: Type.Optional(Count),
    /** CPU that its vCPUs were ready for, and did not get, in thousandths of a core. */
    cpuWaitMilli: Type.Optional(Count),
    /** Of its memory, what it has touched: what a move has to send once. */
    touchedMib: Type.Optional(Count),
    /** How fast it writes to its memory, and to how much of it again and again; of the newest measurement. */
    dirtyKibPerSecond: Type.Optional(Count),
    writtenSetMib: Type.Optional(Count),
  },
  closed,
);
export type ReportedVm = Static<typeof ReportedVm>;

/** How a command ended, or `begun`: it started, and its end is not known (yet). */
export const StepOutcome = Type.Union([
  Type.Literal('begun'),
  Type.Literal('done'),
  Type.Literal('failed'),
  Type.Literal('refused'),
  Type.Literal('unknown'),
]);
export type StepOutcome = Static<typeof StepOutcome>;

export const StepResult = Type.Object(
  {
    opId: OperationId,
    step: Count,
    outcome: StepOutcome,
    vmId: Type.Optional(Uuid),
    /** `code` is from the closed list of errors.ts; `message` is for people. */
    error: Type.Optional(
      Type.Object({ code: Type.String({ maxLength: 64 }), message: Text }, closed),
    ),
    tunnel: Type.Optional(TunnelEnd),
    downtimeMs: Type.Optional(Count),
    transferredBytes: Type.Optional(Count),
    /** Of a `migrate-out` that got as far as libvirt, whatever came of it. */
    timeline: Type.Optional(MigrationTimeline),
    /** Of a storage job that made or read a file. */
    stored: Type.Optional(StoredFacts),
    /** Of what an import was made from, as it came. */
    sourceSha256: Type.Optional(Sha256),
    /** Of a transfer that was opened. */
    transfer: Type.Optional(TransferEnd),
    /** Of a question. */
    answer: Type.Optional(Answer),
  },
  closed,
);
export type StepResult = Static<typeof StepResult>;

/** What a tunnel's end refused, by the words of docs/security.md. */
const TunnelRefusal = Type.Object(
  { opId: OperationId, reason: Type.String({ maxLength: 64 }), message: Text },
  closed,
);

/** What this host is and runs: after connecting, on `sync`, on a changed digest, and every 60 s. */
export const Inventory = Type.Object(
  {
    v: Type.Literal(1),
    bootId: Type.String({ maxLength: 64 }),
    incarnation: Type.String({ maxLength: 64 }),
    nonce: Type.String({ maxLength: 64 }),
    maxEpoch: Epoch,
    hostUuid: Uuid,
    arch: Type.Union([Type.Literal('x86_64'), Type.Literal('aarch64')]),
    accelerator: Type.Union([Type.Literal('kvm'), Type.Literal('tcg')]),
    /** Why that accelerator, for people: `no vmx or svm in /proc/cpuinfo`. */
    acceleratorReason: Text,
    capacity: Type.Object({ cpuMilli: Count, memoryMib: Count }, closed),
    reserved: Type.Object({ cpuMilli: Count, memoryMib: Count }, closed),
    cpuModel: Type.String({ maxLength: 255 }),
    machineTypes: Type.Array(Type.String({ maxLength: 63 }), { maxItems: 512 }),
    qemuVersion: Count,
    libvirtVersion: Count,
    numaCells: Type.Array(Type.Object({ id: Count, cpuCount: Count, memoryMib: Count }, closed), {
      maxItems: 256,
    }),
    labels: Labels,
    bridges: Type.Array(Name, { maxItems: 64 }),
    pools: Type.Array(
      Type.Object(
        {
          name: Name,
          state: Type.Union([
            Type.Literal('active'),
            Type.Literal('inactive'),
            Type.Literal('error'),
          ]),
          capacityMib: Count,
          freeMib: Count,
          /** Why it cannot be used, for people: `its server does not answer`. */
          reason: Type.Optional(Text),
          /** What follows is missing from agents of old. */
          condition: Type.Optional(PoolCondition),
          uuid: Type.Optional(Uuid),
          /** Drover defined it here. */
          ours: Type.Optional(Type.Boolean()),
          mount: Type.Optional(PoolMount),
          mark: Type.Optional(PoolMark),
          /** Where the file system counts them. */
          inodes: Type.Optional(Type.Object({ total: Count, free: Count }, closed)),
        },
        closed,
      ),
      { maxItems: 64 },
    ),
    migrationAddress: NetworkHost,
    /** Can QEMU here protect the memory stream itself, and why or why not, for people. */
    migrationTls: Type.Optional(Type.Object({ able: Type.Boolean(), reason: Text }, closed)),
    /** Migrations whose tunnel has refused something here, lately. */
    tunnelRefusals: Type.Optional(Type.Array(TunnelRefusal, { maxItems: 16 })),
    usage: Type.Optional(HostUsage),
    vms: Type.Array(ReportedVm, { maxItems: 1000 }),
    /** The newest entries of the journal, so that lost results are heard after all. */
    recent: Type.Array(StepResult, { maxItems: 64 }),
    /**
     * The newest `sync` that came before the look at the host began: what is said here is no older than that
     * order. When a message arrives says nothing about when its sender looked.
     */
    answers: Type.Optional(Type.Object({ opId: OperationId, step: Count }, closed)),
  },
  closed,
);
export type Inventory = Static<typeof Inventory>;

export const ResultMessage = Type.Object(
  { v: Type.Literal(1), incarnation: Type.String({ maxLength: 64 }), result: StepResult },
  closed,
);
export type ResultMessage = Static<typeof ResultMessage>;

/** About once a second while a migration runs. */
export const MigrationProgress = Type.Object(
  {
    v: Type.Literal(1),
    opId: OperationId,
    vmId: Uuid,
    elapsedMs: Count,
    totalBytes: Count,
    remainingBytes: Count,
    transferredBytes: Count,
    dirtyRateBytesPerSecond: Type.Optional(Count),
    throttlePercent: Type.Optional(Type.Integer({ minimum: 0, maximum: 100 })),
    iteration: Count,
    /** Never goes backwards. */
    percent: Type.Integer({ minimum: 0, maximum: 100 }),
  },
  closed,
);
export type MigrationProgress = Static<typeof MigrationProgress>;

const schemas = {
  heartbeat: Heartbeat,
  inventory: Inventory,
  result: ResultMessage,
  progress: MigrationProgress,
  'storage-progress': StorageProgress,
} as const;

/** What an agent has said, of whom its subject says that it is. Nothing of another version is guessed at. */
export function readAgentMessage(
  subject: string,
  text: string,
): Parsed<{ readonly hostId: string; readonly message: AgentMessage }> {
  const from = parseAgentSubject(subject);
  if (from === undefined) return { ok: false, reason: `${subject} is no agent’s subject` };
  const { hostId, kind } = from;
  const parsed = parseJson(schemas[kind], text);
  if (!parsed.ok) return { ok: false, reason: `${subject}: ${parsed.reason}` };
  return { ok: true, value: { hostId, message: { kind, body: parsed.value } as AgentMessage } };
}
/** Agents' tunnels and QEMU's memory streams have keys of their own: QEMU's user can read the latter. */
const CertificateUse = Type.Union([Type.Literal('tunnel'), Type.Literal('memory')]);

/** From a host without a certificate, or with one that runs out; on a subject of its own. */
export const CertificateRequest = Type.Object(
  {
    v: Type.Literal(1),
    /** PKCS #10, as PEM. Who it is for is the sender, whatever it says. */
    requestPem: Type.String({ maxLength: 8192 }),
    use: CertificateUse,
    /** Where the host receives memory. */
    address: NetworkHost,
  },
  closed,
);
export type CertificateRequest = Static<typeof CertificateRequest>;

/** What the leader answers. */
export const CertificateAnswer = Type.Union([
  Type.Object(
    {
      v: Type.Literal(1),
      type: Type.Literal('issued'),
      use: CertificateUse,
      certificatePem: Type.String({ maxLength: 16_384 }),
      /** Certificates of the authorities that hosts trust from now on. */
      trustedPems: Type.Array(Type.String({ maxLength: 16_384 }), { minItems: 1, maxItems: 8 }),
    },
    closed,
  ),
  Type.Object(
    { v: Type.Literal(1), type: Type.Literal('refused'), use: CertificateUse, message: Text },
    closed,
  ),
]);
export type CertificateAnswer = Static<typeof CertificateAnswer>;

export type AgentMessage =
  | { readonly kind: 'heartbeat'; readonly body: Heartbeat }
  | { readonly kind: 'inventory'; readonly body: Inventory }
  | { readonly kind: 'result'; readonly body: ResultMessage }
  | { readonly kind: 'progress'; readonly body: MigrationProgress }
  | { readonly kind: 'storage-progress'; readonly body: StorageProgress };
