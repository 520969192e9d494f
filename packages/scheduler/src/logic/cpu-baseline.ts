/**
 * The CPU that new VMs start with, so that any host of their kind can take them later: computed by libvirt from what
 * all hosts can give, when a person asks and never else. And which hosts cannot give it.
 *
 *   pending: every host that is up says what it can give ─▶ one host of each kind finds what all give ─▶ succeeded
 */
import {
  type Answer,
  type CpuBaselineRecord,
  keys,
  type OperationError,
  type OperationRecord,
  type Stored,
  type VirtType,
} from '@drover/protocol';
import { whoDisagrees } from './cpu-disagreement.ts';
import { isCancelled } from './pending.ts';
import { ask, type Freshness } from './questions.ts';
import { put, type Turn } from './turn.ts';

type BaselineCpu = CpuBaselineRecord['cpus'][number];
type Given = Extract<Answer, { kind: 'read-cpu' }>;

/** How long a host's answer counts; its QEMU may be another one by then. */
const gapsKeptMs = 10 * 60_000;
/** CPUs in one question. */
const atOnce = 6;

export function driveCpuBaseline(turn: Turn, stored: Stored<OperationRecord>): void {
  const { id, by } = stored.value;
  if (isCancelled(turn, stored.value)) return turn.end(stored, 'cancelled', {});
  if (!turn.settled || turn.isFull) return;
  const fresh = { sinceMs: turn.since(stored.value), keptMs: Number.POSITIVE_INFINITY };
  const fail = (error: OperationError) => turn.end(stored, 'failed', { error });
  const hosts = [...turn.cluster.hosts.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const given = new Map<string, Given>();
  let isWaiting = false;
  for (const { id: hostId } of hosts.filter(({ health }) => health === 'up')) {
    const reply = ask(turn, { hostId, about: id, body: { kind: 'read-cpu' } }, fresh);
    if (reply.type === 'failed') {
      const message = `${hostId} cannot say what CPU it gives: ${reply.error.message}`;
      return fail({ code: reply.error.code, message: message.slice(0, 1000) });
    }
    if (reply.type === 'asked') isWaiting = true;
    else if (reply.answer.kind === 'read-cpu') given.set(hostId, reply.answer);
  }
  if (isWaiting) return turn.wait(id, 'what hosts say about their CPU');
  if (given.size === 0) return fail({ code: 'host-silent', message: 'no host is up' });
  const cpus: BaselineCpu[] = [];
  for (const kind of kindsOf(given)) {
    const found = commonCpu(turn, id, { ...kind, hosts: knowingFirst(turn, kind.hosts) }, fresh);
    if (found === undefined) return turn.wait(id, 'the CPU that all hosts give');
    if (typeof found !== 'string') return fail(found);
    const { arch, accelerator } = kind;
    cpus.push({ arch, accelerator, cpu: found, model: modelOf(found), hosts: [...kind.hosts] });
  }
  const left = hosts.filter((host) => !cpus.some((one) => one.hosts.includes(host.id)));
  const record: CpuBaselineRecord = {
    v: 1,
    cpus,
    operationId: id,
    by,
    atMs: turn.now.wallMs,
  };
  const known = turn.mirror.cpuBaselines.get('cpu');
  const names = left.map((host) => host.id).join(', ');
  const reason = names === '' ? {} : { reason: `without ${names}`.slice(0, 1000) };
  const stands = put(keys.cpuBaseline(), record, known?.modRevision ?? 0);
  turn.end(stored, 'succeeded', reason, stands);
}

interface Kind {
  readonly arch: Given['arch'];
  readonly virtType: VirtType;
  readonly accelerator: BaselineCpu['accelerator'];
  readonly hosts: readonly string[];
  /** By what they give, in the order of that. */
  readonly hostsOf: ReadonlyMap<string, readonly string[]>;
}

/** Hosts that VMs can move between at all; one that names no CPU is in none. */
function kindsOf(given: ReadonlyMap<string, Given>): readonly Kind[] {
  const named = [...given].flatMap(([hostId, { cpu, ...rest }]) =>
    cpu === undefined ? [] : [{ ...rest, hostId, cpu }],
  );
  const kinds = Map.groupBy(named, ({ arch, virtType }) => `${arch} ${virtType}`);
  return [...kinds.values()].flatMap((ones) => {
    const [first] = ones;
    if (first === undefined) return [];
    const { arch, virtType } = first;
    return [
      {
        arch,
        virtType,
        accelerator: virtType === 'kvm' ? 'kvm' : 'tcg',
        hosts: ones.map(({ hostId }) => hostId),
        hostsOf: hostsByCpu(ones),
      } as const,
    ];
  });
}

function hostsByCpu(
  ones: readonly { readonly hostId: string; readonly cpu: string }[],
): ReadonlyMap<string, readonly string[]> {
  const byCpu = Map.groupBy(
    ones.toSorted((a, b) => (a.cpu < b.cpu ? -1 : a.cpu > b.cpu ? 1 : 0)),
    ({ cpu }) => cpu,
  );
  return new Map([...byCpu].map(([cpu, given]) => [cpu, given.map(({ hostId }) => hostId)]));
}

/** An older libvirt does not know of features that newer hosts have. */
function knowingFirst(turn: Turn, hosts: readonly string[]): readonly string[] {
  const version = (id: string) => turn.cluster.hosts.get(id)?.libvirtVersion ?? 0;
  return hosts.toSorted((a, b) => version(b) - version(a) || (a < b ? -1 : 1));
}

/** A few at a time, each with what was found so far; nothing while an answer is on its way. */
function commonCpu(
  turn: Turn,
  operationId: string,
  { arch, virtType, hosts, hostsOf }: Kind,
  fresh: Freshness,
): string | OperationError | undefined {
  const [hostId = ''] = hosts;
  const cpus = [...hostsOf.keys()];
  let found: string | undefined;
  for (let from = 0; from < cpus.length || found === undefined;) {
    const more = cpus.slice(from, from + (found === undefined ? atOnce : atOnce - 1));
    const body = {
      kind: 'baseline-cpu',
      arch,
      virtType,
      cpus: found === undefined ? more : [found, ...more],
    } as const;
    const about = `${operationId} ${arch} ${virtType} ${from}`;
    const reply = ask(turn, { hostId, about, body }, fresh);
    if (reply.type === 'asked') return undefined;
    if (reply.type === 'failed') {
      const { error } = reply;
      return whoDisagrees(turn, { hostId, about, arch, virtType, hostsOf, error }, fresh);
    }
    if (reply.answer.kind !== 'baseline-cpu') return undefined;
    found = reply.answer.cpu;
    from += more.length;
  }
  return found;
}

function modelOf(cpuXml: string): string {
  return /<model[^>]*>([^<]+)</.exec(cpuXml)?.[1]?.slice(0, 255) ?? '';
}

/** What a VM that starts on the host is given, where the cluster has a CPU for hosts of its kind. */
export function clusterCpu(turn: Turn, hostId: string): { readonly cpu?: string } {
  const host = turn.cluster.hosts.get(hostId);
  const cpu = turn.mirror.cpuBaselines
    .get('cpu')
    ?.value.cpus.find((one) => one.arch === host?.arch && one.accelerator === host.accelerator);
  return cpu === undefined ? {} : { cpu: cpu.cpu };
}

/** Each host is asked now and then whether it gives that CPU; one that does not gets no new VMs. */
export function findCpuGaps(turn: Turn): void {
  const { lacksCpu } = turn.volatile;
  const baseline = turn.mirror.cpuBaselines.get('cpu');
  if (baseline === undefined) return lacksCpu.clear();
  for (const { hostId, inventory, incarnation } of turn.hosts.all()) {
    if (inventory === undefined || !turn.hosts.passedBarrier(hostId, turn.epoch)) continue;
    const { arch, accelerator } = inventory;
    const cpu = baseline.value.cpus.find(
      (one) => one.arch === arch && one.accelerator === accelerator,
    );
    if (cpu === undefined) {
      lacksCpu.delete(hostId);
      continue;
    }
    const virtType = accelerator === 'kvm' ? 'kvm' : 'qemu';
    const body = { kind: 'check-cpu', arch, virtType, cpu: cpu.cpu } as const;
    const about = `${baseline.modRevision} ${incarnation}`;
    const reply = ask(turn, { hostId, about, body }, { sinceMs: 0, keptMs: gapsKeptMs });
    if (reply.type !== 'answer' || reply.answer.kind !== 'check-cpu') continue;
    const { gives } = reply.answer;
    if (gives) lacksCpu.delete(hostId);
    else if (!lacksCpu.has(hostId)) {
      lacksCpu.add(hostId);
      turn.trace('warn', `${hostId} cannot give the cluster’s CPU (${cpu.model}): no new VMs`);
    }
  }
}
