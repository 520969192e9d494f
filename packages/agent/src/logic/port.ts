/**
 * The seam between the agent's logic and the world: events in, commands out, both plain values.
 * `shell/` does the commands for real; the simulator interprets the same ones.
 */
import type {
  AgentCommand,
  AgentMessage,
  Answer,
  CommandAddress,
  CommandBody,
  ConsoleType,
  DiskJob,
  DiskToAttach,
  FileFacts,
  Inventory,
  MemoryPath,
  MigrationPolicy,
  MigrationProgress,
  MigrationTimeline,
  Pool,
  PoolProbe,
  ReportedVm,
  StepOutcome,
  StepResult,
  StorageJob,
  StorageProgress,
  StoredFacts,
  StoredFile,
  TransferEnd,
  TunnelEnd,
  VirtType,
  VmFacts,
  VmToStart,
} from '@drover/protocol';
import type { ConvergenceOrder } from './converge.ts';
import type { UsageMinute } from './usage-history.ts';

export interface Now {
  readonly monoMs: number;
  readonly wallMs: number;
}

/** What the journal holds; one line each, checksummed by the shell, fsynced before `journaled`. */
export type JournalRecord =
  | { readonly type: 'epoch'; readonly epoch: string }
  | { readonly type: 'generation'; readonly vmId: string; readonly generation: number }
  | {
      readonly type: 'begun';
      readonly opId: string;
      readonly step: number;
      readonly argsHash: string;
      readonly kind: string;
      readonly vmId?: string;
      readonly generation?: number;
      /** Of a `migrate-out`. */
      readonly order?: ConvergenceOrder;
      readonly wallMs: number;
    }
  | {
      readonly type: 'ended';
      readonly opId: string;
      readonly step: number;
      readonly result: StepResult;
      readonly wallMs: number;
    }
  /** Records before this one have been lost: nobody knows which epochs, generations and steps they told of. */
  | { readonly type: 'altered' }
  /** Leaders have been listened to since: what was lost does not matter any more. */
  | { readonly type: 'listened' };

export type Transfer = Extract<CommandBody, { kind: 'open-transfer' }>['transfer'];

/** What the hypervisor is asked to do. Every one ends in exactly one `acted` event. */
export type HypervisorAction =
  | {
      readonly type: 'start-vm';
      readonly vmId: string;
      readonly generation: number;
      readonly vm: VmToStart;
    }
  | {
      readonly type: 'stop-vm';
      readonly vmId: string;
      readonly mode: 'graceful' | 'force';
      readonly timeoutMs: number;
    }
  | {
      readonly type: 'reboot-vm';
      readonly vmId: string;
      readonly mode: 'graceful' | 'force';
      readonly timeoutMs: number;
    }
  | { readonly type: 'pause-vm' | 'unpause-vm'; readonly vmId: string }
  | {
      readonly type: 'resize-vm';
      readonly vmId: string;
      readonly vcpus?: number;
      readonly memoryMib?: number;
      readonly timeoutMs: number;
    }
  | {
      readonly type: 'prepare-incoming';
      readonly opId: string;
      readonly vmId: string;
      readonly source: string;
      readonly vmName: string;
      readonly mode: 'live' | 'paused';
      readonly memoryPath: MemoryPath;
      readonly may?: readonly ('post-copy' | 'parallel')[];
      readonly expiresInMs: number;
    }
  | {
      readonly type: 'migrate-out';
      readonly opId: string;
      readonly vmId: string;
      readonly target: string;
      readonly tunnel: TunnelEnd;
      readonly migrationAddress: string;
      readonly mode: 'live' | 'paused';
      readonly memoryPath: MemoryPath;
      readonly policy: MigrationPolicy;
      readonly timeoutMs: number;
    }
  | {
      readonly type: 'save-vm';
      readonly opId: string;
      readonly step: number;
      readonly vmId: string;
      readonly pool: Pool;
      readonly roomBytes: number;
    }
  | {
      readonly type: 'resume-saved';
      readonly opId: string;
      readonly vmId: string;
      readonly memory: StoredFile;
      readonly facts: FileFacts;
      readonly disks: readonly DiskToAttach[];
      readonly again?: true;
    }
  | { readonly type: 'abort-migration'; readonly vmId: string }
  | { readonly type: 'resume-vm'; readonly vmId: string }
  | { readonly type: 'destroy-leftover'; readonly vmId: string }
  | { readonly type: 'ensure-pool' | 'mark-pool'; readonly pool: Pool; readonly uuid: string }
  | { readonly type: 'forget-pool'; readonly name: string; readonly uuid: string }
  | { readonly type: 'delete-seeds'; readonly vmId: string; readonly pools: readonly Pool[] }
  | {
      readonly type: 'storage-job';
      readonly opId: string;
      readonly step: number;
      readonly job: StorageJob;
    }
  | {
      readonly type: 'disk-job';
      readonly opId: string;
      readonly step: number;
      readonly vmId: string;
      readonly job: DiskJob;
    }
  | { readonly type: 'abort-job'; readonly opId: string; readonly ofStep: number }
  | {
      readonly type: 'open-transfer';
      readonly opId: string;
      readonly transfer: Transfer;
      readonly idleMs: number;
    }
  /** Questions: they look, and change nothing. */
  | { readonly type: 'inspect-vm'; readonly vmId: string }
  | { readonly type: 'check-incoming'; readonly vmId: string; readonly facts: VmFacts }
  | { readonly type: 'read-cpu' }
  | {
      readonly type: 'baseline-cpu';
      readonly arch: string;
      readonly virtType: VirtType;
      readonly cpus: readonly string[];
    }
  | {
      readonly type: 'check-cpu';
      readonly arch: string;
      readonly virtType: VirtType;
      readonly cpu: string;
    }
  /** It makes files below `.drover/doctor/` of the pool, and holds locks of them for a while. */
  | { readonly type: 'probe-pool'; readonly pool: Pool; readonly probe: PoolProbe }
  /** Files of Drover's naming that lie in the pool; of one file, which VMs libvirt has with it. */
  | {
      readonly type: 'list-files';
      readonly pool: Pool;
      readonly after?: string;
      readonly only?: string;
    }
  /** A way to a console of the VM, for who has the key that the answer brings. */
  | {
      readonly type: 'open-console';
      readonly vmId: string;
      readonly consoleId: string;
      readonly consoleType: ConsoleType;
      readonly takes: boolean;
    }
  /**
   * After a restart: what became of a step that the journal says was begun? Looks; only a migration that still runs is steered on, by its `order`. With
   * `opId` and `kind` the shell knows what to look for besides the VM: whether the tunnel of a
   * `prepare-incoming` still lives (`tunnel` in the outcome), and whose migration to report progress of.
   * Anything but `done` means that it could not look; it is asked again.
   */
  | {
      readonly type: 'inspect';
      readonly vmId: string;
      readonly opId?: string;
      readonly kind?: string;
      /** Of a `migrate-out`: how to go on with one that still runs. */
      readonly order?: ConvergenceOrder;
    };

export interface ActionOutcome {
  /** `unknown`: it may or may not have happened (connection lost, deadline); ask before acting again. */
  readonly outcome: Exclude<StepOutcome, 'begun' | 'refused'>;
  readonly error?: { readonly code: string; readonly message: string };
  readonly tunnel?: TunnelEnd;
  readonly downtimeMs?: number;
  readonly transferredBytes?: number;
  readonly timeline?: MigrationTimeline;
  readonly stored?: StoredFacts;
  readonly sourceSha256?: string;
  readonly transfer?: TransferEnd;
  /** Of a question that could be answered. */
  readonly answer?: Answer;
  /** For `inspect`: the VM as libvirt has it now; absent: libvirt does not know it. */
  readonly vm?: ReportedVm;
}

/** What the shell measures about the host itself; the logic adds identity, epoch, generations, journal. */
export type HostFacts = Omit<
  Inventory,
  'v' | 'incarnation' | 'nonce' | 'maxEpoch' | 'vms' | 'recent' | 'answers' | 'usage'
>;

export type AgentEvent =
  /** First of all; `records` is the journal as read back, torn tail cut off; `usage`: what was kept of it. */
  | {
      readonly type: 'started';
      readonly incarnation: string;
      readonly records: readonly JournalRecord[];
      readonly usage?: readonly UsageMinute[];
    }
  /** From the bus; already of the right shape (the shell counts and drops what is not). */
  | { readonly type: 'commanded'; readonly command: AgentCommand }
  /** From the bus: an order that this version does not have. */
  | { readonly type: 'misunderstood'; readonly address: CommandAddress }
  /** The record of that sequence number (1-based, per process) is on disk, or cannot be. */
  | { readonly type: 'journaled'; readonly seq: number; readonly ok: boolean }
  | { readonly type: 'acted'; readonly actionId: number; readonly outcome: ActionOutcome }
  /** A full look at host and hypervisor, asked for by `observe` or made after a libvirt event. `nonce` is
   * fresh randomness of the shell for the next heartbeats. */
  | {
      readonly type: 'observed';
      readonly facts: HostFacts;
      readonly vms: readonly ReportedVm[];
      readonly usage?: Inventory['usage'];
      readonly nonce: string;
      /** The newest `observe` that was asked for before this look began; absent: all of them. */
      readonly answers?: number;
    }
  | { readonly type: 'hypervisor'; readonly state: 'connected' | 'disconnected' }
  | { readonly type: 'bus'; readonly state: 'connected' | 'disconnected' }
  | { readonly type: 'migration-progress'; readonly progress: MigrationProgress }
  | { readonly type: 'storage-progress'; readonly progress: StorageProgress }
  | { readonly type: 'woke'; readonly key: string };

export type AgentAction =
  | { readonly type: 'journal'; readonly seq: number; readonly record: JournalRecord }
  | { readonly type: 'act'; readonly actionId: number; readonly action: HypervisorAction }
  /** To be there after a restart. Nobody waits for it, and nothing depends on it. */
  | { readonly type: 'keep-usage'; readonly minute: UsageMinute }
  | { readonly type: 'publish'; readonly message: AgentMessage }
  /** Look at libvirt and the host, answer with `observed`; `id` counts up from 1. */
  | { readonly type: 'observe'; readonly id: number }
  /** Replaces an earlier wake of the same key. */
  | { readonly type: 'wake'; readonly key: string; readonly atMonoMs: number }
  | { readonly type: 'trace'; readonly level: 'info' | 'warn' | 'error'; readonly text: string };

export interface AgentLogic {
  /** Total and synchronous. */
  handle(now: Now, event: AgentEvent): readonly AgentAction[];
}

export interface AgentOptions {
  readonly hostId: string;
  readonly settings?: Partial<AgentSettings>;
}

export interface AgentSettings {
  readonly heartbeatMs: number;
  readonly inventoryMs: number;
  readonly observeMs: number;
  /** How often a heartbeat says what VMs use. */
  readonly useMs: number;
  /** How many nonces back a command's freshness may lie. */
  readonly freshNonces: number;
  readonly parallelActions: number;
  /** Besides them: storage jobs. */
  readonly parallelJobs: number;
  readonly journalTail: number;
  /** On an altered journal, after the first word of a leader: in that time whoever leads has said so. */
  readonly quarantineMs: number;
}
