/**
 * What the agent says about its host: heartbeats, inventories, the digest of its VMs, and the nonces that
 * make a command's age visible without comparing clocks. When to say it is agent.ts.
 */
import type { Heartbeat, Inventory, ReportedVm, StepResult, VmUse } from '@drover/protocol';
import { hashText } from './hash.ts';
import type { AgentEvent, HostFacts } from './port.ts';

export type Observation = Extract<AgentEvent, { type: 'observed' }>;

/** What a report adds to the shell's look at the host. */
export interface Known {
  readonly incarnation: string;
  /** Highest epoch on disk: the barrier that a leader waits for. */
  readonly maxEpoch: string;
  readonly reasons: readonly string[];
  readonly generations: ReadonlyMap<string, number>;
  readonly recent: readonly StepResult[];
  /** The newest `sync` that came before the look. */
  readonly answers: Inventory['answers'];
}

/** Changes when the set of VMs changes, the state of one or of a pool, or whether QEMU can encrypt memory. */
export function digestOf({ vms, facts }: Pick<Observation, 'vms' | 'facts'>): string {
  const lines = [
    ...vms.map((vm) => `${vm.vmId} ${vm.state} ${vm.migrating ? 'migrating' : ''}`),
    ...facts.pools.map(({ name, state, condition, mark }) =>
      [name, condition ?? state, mark ?? ''].join(' '),
    ),
    ...(facts.migrationTls?.able ? ['tls'] : []),
  ];
  return hashText(lines.toSorted().join('\n'));
}

/** Each heartbeat has a nonce of its own: the shell's randomness, and a count. */
export class Reporter {
  readonly #freshNonces: number;
  #seq = 0;
  #nonces: readonly string[] = [];

  constructor(freshNonces: number) {
    this.#freshNonces = freshNonces;
  }

  /** The nonces that a command may carry, newest last. */
  get nonces(): readonly string[] {
    return this.#nonces;
  }

  heartbeat(seen: Observation, known: Known, used: readonly VmUse[] | undefined): Heartbeat {
    this.#seq += 1;
    const nonce = this.#newNonce(seen);
    return {
      v: 1,
      seq: this.#seq,
      bootId: seen.facts.bootId,
      incarnation: known.incarnation,
      nonce,
      maxEpoch: known.maxEpoch,
      state: known.reasons.length === 0 ? 'ready' : 'degraded',
      reasons: [...known.reasons],
      vmDigest: digestOf(seen),
      ...(seen.usage ? { usage: seen.usage } : {}),
      ...(used === undefined ? {} : { vms: [...used] }),
    };
  }

  inventory(seen: Observation, known: Known): Inventory {
    const facts: HostFacts = seen.facts;
    return {
      ...facts,
      v: 1,
      incarnation: known.incarnation,
      nonce: this.#nonces.at(-1) ?? this.#newNonce(seen),
      maxEpoch: known.maxEpoch,
      ...(seen.usage ? { usage: seen.usage } : {}),
      vms: seen.vms.map((vm) => withGeneration(vm, known.generations.get(vm.vmId))),
      recent: [...known.recent],
      ...(known.answers ? { answers: known.answers } : {}),
    };
  }

  #newNonce(seen: Observation): string {
    const nonce = `${seen.nonce.slice(0, 40)}-${this.#seq}`;
    this.#nonces = [...this.#nonces, nonce].slice(-this.#freshNonces);
    return nonce;
  }
}

/** The journal's generation or the one the copy itself carries, whichever is higher. */
function withGeneration(vm: ReportedVm, generation: number | undefined): ReportedVm {
  if (generation === undefined) return vm;
  return { ...vm, generation: Math.max(generation, vm.generation ?? 0) };
}
