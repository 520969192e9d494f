/**
 * What a scheduler asks of an agent that changes nothing, and what it is answered: the facts of a VM before it moves,
 * what is in its way on the target, the CPU that a host can give, how a pool is there, what was used lately, a way to
 * a console. Not
 * journalled, and asked again at will.
 */
import { incomingCodes, type IncomingCode } from '@drover/core';
import { Type, type Static } from 'typebox';
import { ConsoleType } from './console.ts';
import { Count, Uuid } from './names.ts';
import { PoolEntry, PoolPlace } from './pool-place.ts';
import { PoolProbe, PoolProbeAnswer } from './pool-probe.ts';
import { Pool } from './pool-spec.ts';
import { UsageColumns, UsageGrid } from './usage.ts';
import { TransferEnd } from './storage-job.ts';

const closed = { additionalProperties: false } as const;
const Short = Type.String({ maxLength: 255 });
const Text = Type.String({ maxLength: 1024 });
const Amount = Type.Union([Count, Text]);

/** A `<cpu>` document of libvirt's. */
export const CpuXml = Type.String({ minLength: 1, maxLength: 32_768 });
export const VirtType = Type.Union([Type.Literal('kvm'), Type.Literal('qemu')]);
export type VirtType = Static<typeof VirtType>;
const Arch = Type.Union([Type.Literal('x86_64'), Type.Literal('aarch64')]);

const Guard = Type.Union([
  Type.Literal('image-lock'),
  Type.Literal('lease'),
  Type.Literal('kernel-lock'),
  Type.Literal('none'),
]);

const ImageFact = Type.Object(
  {
    kind: Type.Union([
      Type.Literal('file'),
      Type.Literal('block'),
      Type.Literal('network'),
      Type.Literal('other'),
    ]),
    path: Text,
    inode: Type.Optional(Type.String({ pattern: '^[0-9]{1,20}$' })),
  },
  closed,
);

const DiskFact = Type.Object(
  {
    name: Short,
    device: Short,
    readOnly: Type.Boolean(),
    shareable: Type.Boolean(),
    cache: Short,
    images: Type.Array(ImageFact, { maxItems: 64 }),
    guard: Guard,
    guardedBy: Text,
  },
  closed,
);

const FileFact = Type.Object(
  {
    what: Type.Union([
      Type.Literal('firmware'),
      Type.Literal('nvram'),
      Type.Literal('kernel'),
      Type.Literal('initrd'),
      Type.Literal('emulator'),
    ]),
    path: Text,
    template: Type.Optional(Text),
  },
  closed,
);

export const VmFacts = Type.Object(
  {
    name: Short,
    state: Short,
    hostUuid: Uuid,
    kernel: Short,
    virtType: Short,
    arch: Short,
    machine: Short,
    qemuVersion: Count,
    memoryMib: Count,
    hugePageKib: Type.Optional(Count),
    cpuMode: Short,
    hostCpu: Short,
    cpu: Type.Optional(CpuXml),
    pinnedFeatures: Type.Array(Short, { maxItems: 16 }),
    disks: Type.Array(DiskFact, { maxItems: 64 }),
    files: Type.Array(FileFact, { maxItems: 8 }),
    networks: Type.Array(
      Type.Object({ kind: Short, name: Short, mtu: Type.Optional(Count) }, closed),
      { maxItems: 32 },
    ),
    devices: Type.Array(Short, { maxItems: 32 }),
    directories: Type.Array(Short, { maxItems: 32 }),
    unmovable: Type.Array(Short, { maxItems: 32 }),
    sealed: Type.Optional(Short),
    snapshots: Count,
    checkpoints: Count,
    blockJobs: Type.Array(Short, { maxItems: 64 }),
    job: Type.Optional(Short),
  },
  closed,
);

export type VmFacts = Static<typeof VmFacts>;

const IncomingAnswer = Type.Object(
  {
    findings: Type.Array(
      Type.Object(
        {
          code: Type.Unsafe<IncomingCode>(
            Type.Union(incomingCodes.map((code) => Type.Literal(code))),
          ),
          subject: Type.Optional(Text),
          required: Type.Optional(Amount),
          available: Type.Optional(Amount),
          unit: Type.Optional(Type.String({ maxLength: 16 })),
        },
        closed,
      ),
      { maxItems: 64 },
    ),
    kernel: Short,
    guards: Type.Array(Type.Object({ disk: Short, guard: Guard, guardedBy: Text }, closed), {
      maxItems: 64,
    }),
  },
  closed,
);

export type IncomingAnswer = Static<typeof IncomingAnswer>;

/** That one answer tells of. */
export const filesAtOnce = 256;

/** Bodies of commands. `vmId` is in the envelope. */
export const questions = [
  /** The VM as it runs here: answered with its facts. */
  Type.Object({ kind: Type.Literal('inspect-vm') }, closed),
  /** Could it come here? */
  Type.Object({ kind: Type.Literal('check-incoming'), facts: VmFacts }, closed),
  /** What CPU can this host's hypervisor give? */
  Type.Object({ kind: Type.Literal('read-cpu') }, closed),
  /** What CPU can all of these give? */
  Type.Object(
    {
      kind: Type.Literal('baseline-cpu'),
      arch: Arch,
      virtType: VirtType,
      cpus: Type.Array(CpuXml, { minItems: 1, maxItems: 6 }),
    },
    closed,
  ),
  /** Can it give this CPU? */
  Type.Object(
    { kind: Type.Literal('check-cpu'), arch: Arch, virtType: VirtType, cpu: CpuXml },
    closed,
  ),
  /** How is this pool there? What it does to find out lies in the pool's `.drover/doctor/` alone. */
  Type.Object(
    { kind: Type.Literal('probe-pool'), pool: Pool, uuid: Uuid, probe: PoolProbe },
    closed,
  ),
  /** What was used here: by the VM that the envelope names, else by the host. */
  Type.Object({ kind: Type.Literal('read-usage'), grid: UsageGrid }, closed),
  /** Which files of Drover's naming lie there, those after this one by name; or how is this one, and who has it? */
  Type.Object(
    {
      kind: Type.Literal('list-files'),
      pool: Pool,
      after: Type.Optional(PoolPlace),
      only: Type.Optional(PoolPlace),
    },
    closed,
  ),
  /** A way to a console of the VM, for who is told; the VM notices nothing. */
  Type.Object(
    {
      kind: Type.Literal('open-console'),
      consoleId: Uuid,
      consoleType: ConsoleType,
      /** Whoever has its serial console loses it. */
      takes: Type.Boolean(),
    },
    closed,
  ),
] as const;

export const Answer = Type.Union([
  Type.Object({ kind: Type.Literal('inspect-vm'), facts: VmFacts }, closed),
  Type.Object({ kind: Type.Literal('check-incoming'), incoming: IncomingAnswer }, closed),
  Type.Object(
    {
      kind: Type.Literal('read-cpu'),
      arch: Arch,
      virtType: VirtType,
      /** Absent where the hypervisor names none. */
      cpu: Type.Optional(CpuXml),
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('baseline-cpu'), cpu: CpuXml }, closed),
  Type.Object({ kind: Type.Literal('check-cpu'), gives: Type.Boolean() }, closed),
  PoolProbeAnswer,
  Type.Object({ kind: Type.Literal('read-usage'), usage: UsageColumns }, closed),
  Type.Object(
    {
      kind: Type.Literal('list-files'),
      files: Type.Array(PoolEntry, { maxItems: filesAtOnce }),
      /** There are others after the last one. */
      isMore: Type.Boolean(),
      /** Of one file: the VMs that libvirt there has with it, running or not. */
      users: Type.Optional(Type.Array(Short, { maxItems: 64 })),
    },
    closed,
  ),
  Type.Object({ kind: Type.Literal('open-console'), end: TransferEnd }, closed),
]);
export type Answer = Static<typeof Answer>;

export type QuestionKind = Answer['kind'];
const questionKinds: readonly string[] = [
  'inspect-vm',
  'check-incoming',
  'read-cpu',
  'baseline-cpu',
  'check-cpu',
  'probe-pool',
  'read-usage',
  'list-files',
  'open-console',
] satisfies readonly QuestionKind[];

/** Asks and changes nothing: it is not journalled, and no VM is busy with it. */
export function isQuestion(kind: string): kind is QuestionKind {
  return questionKinds.includes(kind);
}
