/**
 * A move that is held in one of libvirt's phases, with nothing but signals: what a phase waits for stands still. Who
 * waits in `prepare` waits for the target's QEMU, in `perform` for memory on a slow stream, in `finish` for the target's
 * libvirtd while all memory is there.
 */
import type { api } from '@drover/protocol';
import type { Cluster, RunningVm } from './cluster.ts';
import { until } from './until.ts';

export const movePhases = ['prepare', 'perform', 'finish'] as const;
export type MovePhase = (typeof movePhases)[number];

export interface HeldMove {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  /** What stood still goes on, unless it is gone. */
  goOn(): Promise<void>;
}

export async function holdMove(
  cluster: Cluster,
  vm: RunningVm,
  phase: MovePhase,
): Promise<HeldMove> {
  await cluster.ready();
  const { hostId: source = '' } = await cluster.api.vm(vm.id);
  const target = cluster.lab.hosts.find((host) => host !== source) ?? '';
  const move = { cluster, vm, source, target };
  switch (phase) {
    case 'prepare':
      return await inPrepare(move);
    case 'perform':
      return { id: await slowly(move), source, target, goOn: async () => undefined };
    case 'finish':
      return await inFinish(move);
  }
}

interface Move {
  readonly cluster: Cluster;
  readonly vm: RunningVm;
  readonly source: string;
  readonly target: string;
}

async function ask(
  { cluster, vm, target }: Move,
  migration: Readonly<Record<string, unknown>>,
): Promise<string> {
  const path = `/v1/vms/${vm.id}/migrate`;
  const body = { target, migration };
  return (await cluster.api.expect<api.OperationBody>(202, 'POST', path, body)).id;
}

/** The target's QEMU is stopped as soon as there is one. */
async function inPrepare(move: Move): Promise<HeldMove> {
  const { cluster, vm, source, target } = move;
  // The shell that looks has the name in its arguments too.
  const find = `pgrep --full --newest '^/[^ ]*qemu[^ ]* -name guest=${vm.name},'`;
  const script = `until pid=$(${find}); do :; done; kill -STOP "$pid"; echo "$pid"`;
  const stopping = cluster.lab.exec(target, ['sh', '-c', script], { timeoutMs: 60_000 });
  const id = await ask(move, {});
  const pid = (await stopping).stdout.trim();
  if (!/^\d+$/.test(pid)) throw new Error(`no QEMU of ${vm.name} was seen on ${target}`);
  const goOn = async () => {
    await cluster.lab.exec(target, ['sh', '-c', `kill -CONT ${pid} 2>/dev/null || true`]);
  };
  return { id, source, target, goOn };
}

/** Until memory is copied, so slowly that it goes on for half a minute. */
async function slowly(move: Move): Promise<string> {
  const { cluster, vm } = move;
  const id = await ask(move, { bandwidthMibps: 2 });
  const now = await until(`memory of ${vm.name} is copied, or never will be`, async () => {
    const operation = await cluster.api.operation(id);
    const isCopied = (operation.progress?.transferredBytes ?? 0) > 0;
    return isCopied || operation.done ? operation : undefined;
  });
  if (now.done) throw new Error(`it ended before it was held: ${JSON.stringify(now)}`);
  return id;
}

async function inFinish(move: Move): Promise<HeldMove> {
  const { cluster, vm, source, target } = move;
  const id = await slowly(move);
  if (!(await cluster.lab.kill(target, 'libvirtd', 'STOP')))
    throw new Error(`${target}: no libvirtd`);
  await cluster.slowDown(source, vm.name, 10_000);
  // The source's QEMU has sent everything, and its libvirt waits for the target's.
  await until(`${vm.name} stands still`, async () => {
    const { stdout } = await cluster.lab.virsh(source, ['domstate', '--reason', vm.name]);
    return stdout.startsWith('paused') ? true : undefined;
  });
  return {
    id,
    source,
    target,
    goOn: async () => void (await cluster.lab.kill(target, 'libvirtd', 'CONT')),
  };
}
