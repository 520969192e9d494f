/**
 * What a scheduler asks of an agent. The envelope is what makes it safe to obey: `epoch` refuses deposed
 * leaders, `generation` refuses orders about an owner that has changed, `incarnation` and `freshness`
 * refuse what was delayed or replayed, `(opId, step)` makes it happen at most once.
 */
import { Type, type Static } from 'typebox';
import { Hostname, SeedHash, SshKey } from './cloud-init.ts';
import { wireLimits } from './limits.ts';
import { MigrationPolicy } from './migration.ts';
import { Count, Epoch, FileName, Mac, Name, NetworkHost, OperationId, Uuid } from './names.ts';
import { parseJson } from './parse.ts';
import { CpuXml, questions } from './question.ts';
import { DiskJob } from './disk-job.ts';
import { Pool } from './pool-spec.ts';
import { FileFacts, StorageJob, StoredFile } from './storage-job.ts';
import { MachineType, ResizeWish } from './vm-spec.ts';

const closed = { additionalProperties: false } as const;

/** A disk with everything resolved: the agent looks nothing up. */
export const DiskToAttach = Type.Object(
  {
    pool: Pool,
    /** File in the pool that the VM writes. */
    file: FileName,
    format: Type.Union([Type.Literal('qcow2'), Type.Literal('raw')]),
    /** Make `file` as a thin clone of this image (qcow2) where it does not exist yet. */
    cloneOf: Type.Optional(FileName),
    /** How that was when it was recorded: of a file that was altered since no clone is made. */
    cloneFacts: Type.Optional(FileFacts),
    /** Of the clone, where it is to be larger than the image. */
    virtualBytes: Type.Optional(Count),
  },
  closed,
);
export type DiskToAttach = Static<typeof DiskToAttach>;

const SshKeys = Type.Array(SshKey, { maxItems: 16 });

/** A CD-ROM for cloud-init, made in the pool where it does not lie there yet under the name of its hash. */
export const SeedToAttach = Type.Object(
  {
    pool: Pool,
    hash: SeedHash,
    hostname: Hostname,
    sshKeys: SshKeys,
    userData: Type.Optional(Type.String({ maxLength: 65_536 })),
    networkConfig: Type.Optional(Type.String({ maxLength: 65_536 })),
  },
  closed,
);
export type SeedToAttach = Static<typeof SeedToAttach>;

export const VmToStart = Type.Object(
  {
    name: Name,
    vcpus: Type.Integer({ minimum: 1, maximum: wireLimits.vcpus }),
    memoryMib: Type.Integer({ minimum: 1, maximum: wireLimits.memoryMib }),
    /** How far it can grow while it runs, where that is further. */
    maxVcpus: Type.Optional(Type.Integer({ minimum: 1, maximum: wireLimits.vcpus })),
    maxMemoryMib: Type.Optional(Type.Integer({ minimum: 1, maximum: wireLimits.memoryMib })),
    arch: Type.Union([Type.Literal('x86_64'), Type.Literal('aarch64')]),
    machine: Type.Optional(MachineType),
    /** The cluster's CPU, as a `<cpu>` document; absent: what the host can give. */
    cpu: Type.Optional(CpuXml),
    disks: Type.Array(DiskToAttach, { maxItems: 16 }),
    networks: Type.Array(Type.Object({ bridge: Name, mac: Mac }, closed), { maxItems: 8 }),
    seed: Type.Optional(SeedToAttach),
    /** Seeds of other content that the VM had are in this pool, and go. */
    formerSeeds: Type.Optional(Pool),
    /** What systemd in the VM reads from its firmware. */
    credentials: Type.Optional(Type.Object({ hostname: Hostname, sshKeys: SshKeys }, closed)),
  },
  closed,
);
export type VmToStart = Static<typeof VmToStart>;

const Secret = Type.String({ pattern: '^[0-9a-f]{64}$' });

/** Where the target agent waits for the control connection of one migration, and the key to it. */
export const TunnelEnd = Type.Object(
  { host: NetworkHost, port: Type.Integer({ minimum: 1, maximum: 65535 }), secret: Secret },
  closed,
);
export type TunnelEnd = Static<typeof TunnelEnd>;

/**
 * How the memory of a VM travels: `tls`, straight between the hosts under QEMU's own TLS; `tunnel`, through the
 * agents' tunnel with the control connection; `clear`, straight and unprotected.
 */
export const MemoryPath = Type.Union([
  Type.Literal('tls'),
  Type.Literal('tunnel'),
  Type.Literal('clear'),
]);
export type MemoryPath = Static<typeof MemoryPath>;

const MigrationMode = Type.Union([Type.Literal('live'), Type.Literal('paused')]);

export const CommandBody = Type.Union([
  /** Answer with a full inventory. Carries the new leader's epoch, so the answer is the epoch barrier. */
  Type.Object({ kind: Type.Literal('sync') }, closed),
  Type.Object({ kind: Type.Literal('ensure-pool'), pool: Pool, uuid: Uuid }, closed),
  /** Write `.drover/pool.json` where there is none: by it hosts tell that they see one directory. To one host alone. */
  Type.Object({ kind: Type.Literal('mark-pool'), pool: Pool, uuid: Uuid }, closed),
  /** Stop and undefine a libvirt pool that Drover defined and that no VM here uses. No file is deleted. */
  Type.Object({ kind: Type.Literal('forget-pool'), name: Name, uuid: Uuid }, closed),
  Type.Object({ kind: Type.Literal('start-vm'), vm: VmToStart }, closed),
  Type.Object(
    {
      kind: Type.Literal('stop-vm'),
      mode: Type.Union([Type.Literal('graceful'), Type.Literal('force')]),
      /** How long a graceful stop may take before it is reported as failed (never forced). */
      timeoutMs: Count,
    },
    closed,
  ),
  /** By its power button, and done when it has restarted (never forced); or its reset button, which asks nobody. */
  Type.Object(
    {
      kind: Type.Literal('reboot-vm'),
      mode: Type.Union([Type.Literal('graceful'), Type.Literal('force')]),
      timeoutMs: Count,
    },
    closed,
  ),
  /** Its vCPUs stand still, its memory stays; and run on. Only what was paused so is let run. */
  Type.Object({ kind: Type.Union([Type.Literal('pause-vm'), Type.Literal('unpause-vm')]) }, closed),
  /** To that size while it runs, and done when it has it; what is absent stays. Ordered again it finds what is there. */
  Type.Object(
    {
      kind: Type.Literal('resize-vm'),
      ...ResizeWish,
      /** How long the system in it may take to give memory back, or to take it. */
      timeoutMs: Count,
    },
    closed,
  ),
  /**
   * Open the tunnel's end for one migration; the result's detail carries a `TunnelEnd`. Through it the source
   * may do what is said here, and nothing else.
   */
  Type.Object(
    {
      kind: Type.Literal('prepare-incoming'),
      source: Name,
      /** As libvirt has it. */
      vmName: Name,
      mode: MigrationMode,
      memoryPath: MemoryPath,
      /** What the migration may do besides, where it comes to that. */
      may: Type.Optional(
        Type.Array(Type.Union([Type.Literal('post-copy'), Type.Literal('parallel')]), {
          maxItems: 2,
        }),
      ),
      /** After so long from when it is opened it takes nothing new. */
      expiresInMs: Type.Integer({ minimum: 1, maximum: 0x7fff_ffff }),
    },
    closed,
  ),
  Type.Object(
    {
      kind: Type.Literal('migrate-out'),
      target: Name,
      tunnel: TunnelEnd,
      /** Address of the target that the memory stream goes to. */
      migrationAddress: NetworkHost,
      /** `paused`: the copy stays paused on the target until `resume-vm`. */
      mode: MigrationMode,
      memoryPath: MemoryPath,
      policy: MigrationPolicy,
      timeoutMs: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    },
    closed,
  ),
  /**
   * Its memory goes into the quarantine of the operation, and it is off; `publish-memory` gives the file its name. Where
   * that does not succeed it runs on.
   */
  Type.Object({ kind: Type.Literal('save-vm'), pool: Pool, roomBytes: Count }, closed),
  /**
   * It goes on from its saved memory. The file is moved out of reach just before it runs: of several hosts one can, and
   * of several times one.
   */
  Type.Object(
    {
      kind: Type.Literal('resume-saved'),
      memory: StoredFile,
      facts: FileFacts,
      disks: Type.Array(DiskToAttach, { maxItems: 16 }),
      /** A former step may have left a copy here that has not run. */
      again: Type.Optional(Type.Literal(true)),
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('abort-migration') }, closed),
  Type.Object({ kind: Type.Literal('resume-vm') }, closed),
  /** Destroy a paused copy that a resolved migration left behind. Refused for a running one. */
  Type.Object({ kind: Type.Literal('destroy-leftover') }, closed),
  /** The VM's seeds in these pools go, whatever their content: nobody keeps a list of those. */
  Type.Object(
    { kind: Type.Literal('delete-seeds'), pools: Type.Array(Pool, { maxItems: 4 }) },
    closed,
  ),
  /** With a disk of a VM that runs here. */
  Type.Object({ kind: Type.Literal('disk-job'), job: DiskJob }, closed),
  /** What takes long with files of pools; its result carries `StoredFacts`. At least once: done again it finds what is there. */
  Type.Object({ kind: Type.Literal('storage-job'), job: StorageJob }, closed),
  /** The job of that step, or the saving of a VM, is to end, and to leave nothing. */
  Type.Object({ kind: Type.Literal('abort-job'), ofOpId: OperationId, ofStep: Count }, closed),
  /**
   * Where bytes are taken into the quarantine of a pool (`in`), or a file is given (`out`); the result carries a
   * `TransferEnd`. It closes when it has been idle for that long.
   */
  Type.Object(
    {
      kind: Type.Literal('open-transfer'),
      transfer: Type.Union([
        Type.Object({ direction: Type.Literal('in'), into: Pool, bytes: Count }, closed),
        Type.Object({ direction: Type.Literal('out'), at: StoredFile }, closed),
      ]),
      idleMs: Type.Integer({ minimum: 1, maximum: 0x7fff_ffff }),
    },
    closed,
  ),
  ...questions,
]);
export type CommandBody = Static<typeof CommandBody>;
export type CommandKind = CommandBody['kind'];

export const AgentCommand = Type.Object(
  {
    v: Type.Literal(1),
    opId: OperationId,
    step: Count,
    epoch: Epoch,
    hostId: Name,
    /** Of the agent process that the leader heard last. */
    incarnation: Type.String({ maxLength: 64 }),
    /** The newest nonce that this agent put into a heartbeat. */
    freshness: Type.String({ maxLength: 64 }),
    vmId: Type.Optional(Uuid),
    generation: Type.Optional(Count),
    body: CommandBody,
  },
  closed,
);
export type AgentCommand = Static<typeof AgentCommand>;

/** As much of an order as one of any version has: enough to say that it is not understood. */
export const CommandAddress = Type.Object({
  v: Type.Integer({ minimum: 1 }),
  opId: OperationId,
  step: Count,
  hostId: Name,
  incarnation: Type.String({ maxLength: 64 }),
});
export type CommandAddress = Static<typeof CommandAddress>;

export type ReadCommand =
  | { readonly type: 'command'; readonly command: AgentCommand }
  /** Of another version, or of a kind that this one does not have. */
  | { readonly type: 'unknown'; readonly address: CommandAddress; readonly reason: string }
  | { readonly type: 'malformed'; readonly reason: string };

/** An order is obeyed as it is meant or not at all: nothing is guessed. */
export function readCommand(text: string): ReadCommand {
  const parsed = parseJson(AgentCommand, text);
  if (parsed.ok) return { type: 'command', command: parsed.value };
  const { reason } = parsed;
  const address = parseJson(CommandAddress, text);
  if (!address.ok) return { type: 'malformed', reason };
  const { v, opId, step, hostId, incarnation } = address.value;
  return { type: 'unknown', address: { v, opId, step, hostId, incarnation }, reason };
}

/**
 * How a command's generation must compare with the highest that the agent has seen for the VM.
 * `newer`: strictly greater, this host becomes the owner (or may). `current`: not smaller, it acts on
 * the copy it has. An accepted generation becomes the highest seen, on disk, before the agent acts.
 */
export const generationRule: Readonly<Record<CommandKind, 'none' | 'newer' | 'current'>> = {
  sync: 'none',
  'ensure-pool': 'none',
  'mark-pool': 'none',
  'forget-pool': 'none',
  'start-vm': 'newer',
  'prepare-incoming': 'newer',
  'stop-vm': 'current',
  'reboot-vm': 'current',
  'pause-vm': 'current',
  'unpause-vm': 'current',
  'resize-vm': 'current',
  'migrate-out': 'current',
  'save-vm': 'current',
  'resume-saved': 'newer',
  'abort-migration': 'current',
  'resume-vm': 'current',
  'destroy-leftover': 'current',
  'delete-seeds': 'none',
  'disk-job': 'current',
  'storage-job': 'none',
  'abort-job': 'none',
  'open-transfer': 'none',
  'inspect-vm': 'none',
  'check-incoming': 'none',
  'read-cpu': 'none',
  'baseline-cpu': 'none',
  'check-cpu': 'none',
  'probe-pool': 'none',
  'read-usage': 'none',
  'list-files': 'none',
  'open-console': 'none',
};
