/**
 * Places one VM after the other without looking at every host each time: for each kind of VM the hosts are kept
 * in order of their score, and only what changed is scored again (what Borg calls score caching and equivalence
 * classes: Verma et al., 2015). It gives the host that `place` would; why, `place` says. What looks beyond a host's
 * own numbers, such as rules, is asked of `place` itself.
 */
import type { Cluster } from '../cluster/cluster.ts';
import type { Host, HostId, Resources } from '../cluster/host.ts';
import { scoreNames, type ScoreName, type ScoreWeights } from '../cluster/policy.ts';
import type { Vm, VmShape } from '../cluster/vm.ts';
import { RestartRoom } from '../headroom/restart-room.ts';
import { ruleBookOf } from '../rules/book-of.ts';
import { Eligibility } from '../search/eligibility.ts';
import { real } from '../search/numbers.ts';
import { roomOf } from '../search/room.ts';
import { place } from './place.ts';
import { isSeatTerm, policyOf } from './scores.ts';
import { seatOn, seatTerms, type SeatTermName } from './seat.ts';
import { Tournament } from './tournament.ts';

export interface PlacementIndexOptions {
  /** Refuse what would leave the cluster unable to bear the loss of a host; see `PlacementRequest`. */
  readonly keepsHeadroom?: boolean;
}

/** VMs that no host's own numbers tell apart. */
interface Kind {
  readonly need: Resources;
  readonly eligible: Uint8Array;
  readonly weights: readonly (readonly [SeatTermName, number])[];
  hosts: Tournament;
  /** How far it has read the list of changes, and of which list. */
  read: number;
  list: number;
}

export class PlacementIndex {
  readonly #hosts: readonly Host[];
  readonly #indexOf: ReadonlyMap<HostId, number>;
  readonly #total: readonly Resources[];
  readonly #freeMemory: Float64Array;
  readonly #freeCpu: Float64Array;
  readonly #eligibility: Eligibility;
  readonly #kinds = new Map<string, Kind>();
  readonly #kindOf = new WeakMap<VmShape, Kind | 'beyond'>();
  readonly #room: RestartRoom | undefined;
  readonly #hasZones: boolean;
  /** Hosts that changed, in order; a new list is begun when it is long. */
  #changed: number[] = [];
  #list = 0;
  #cluster: Cluster;
  /** VMs that were placed or have left since `#cluster` was made. */
  readonly #since = new Map<string, Vm | undefined>();

  constructor(cluster: Cluster, { keepsHeadroom = false }: PlacementIndexOptions = {}) {
    this.#cluster = cluster;
    const { hosts, indexOf, total, freeMemory, freeCpu } = roomOf(cluster);
    this.#hosts = hosts;
    this.#indexOf = indexOf;
    this.#total = total;
    this.#freeMemory = freeMemory;
    this.#freeCpu = freeCpu;
    this.#eligibility = new Eligibility(cluster, this.#hosts);
    this.#hasZones = new Set(this.#hosts.map(({ zone }) => zone)).size > 1;
    this.#room = keepsHeadroom ? new RestartRoom(cluster) : undefined;
  }

  /** The snapshot with all that was placed since. */
  get cluster(): Cluster {
    if (this.#since.size > 0) {
      const vms = new Map(this.#cluster.vms);
      for (const [id, vm] of this.#since) {
        if (vm === undefined) vms.delete(id);
        else vms.set(id, vm);
      }
      this.#cluster = { ...this.#cluster, vms };
      this.#since.clear();
    }
    return this.#cluster;
  }

  /** The best host for a VM that is placed nowhere yet. */
  choose(shape: VmShape): HostId | undefined {
    const kind = this.#kind(shape);
    if (kind === 'beyond') return this.#ask(shape);
    this.#catchUp(kind);
    const passed: (readonly [number, number])[] = [];
    let best = kind.hosts.best;
    while (best >= 0 && !this.#keepsHeadroom(best, shape)) {
      passed.push([best, kind.hosts.value(best)]);
      kind.hosts.set(best, -1);
      best = kind.hosts.best;
    }
    for (const [host, value] of passed) kind.hosts.set(host, value);
    return this.#hosts[best]?.id;
  }

  /** Chooses a host and puts the VM there; nothing where no host takes it. */
  admit(vm: Vm): HostId | undefined {
    const hostId = this.choose(vm);
    if (hostId !== undefined) this.put(vm, hostId);
    return hostId;
  }

  /** The VM is gone from its host. Not where the loss of hosts is looked after: that room only fills. */
  release(vm: Vm): void {
    if (this.#room !== undefined) throw new Error('an index that keeps headroom cannot give back');
    const at = this.#indexOf.get(vm.hostId ?? '');
    if (at === undefined) return;
    this.#change(at, vm.request, -1);
    this.#since.set(vm.id, undefined);
  }

  /** The VM starts there, whoever chose the host. */
  put(vm: Vm, hostId: HostId): void {
    if (this.#room?.take(hostId, vm) === false) throw new Error(`${hostId} was not asked`);
    this.#change(this.#indexOf.get(hostId) ?? -1, vm.request, 1);
    this.#since.set(vm.id, { ...vm, state: 'starting', hostId });
  }

  #change(at: number, { memoryMib, cpuMilli }: Resources, times: number): void {
    this.#freeMemory[at] = real(this.#freeMemory, at) - times * memoryMib;
    this.#freeCpu[at] = real(this.#freeCpu, at) - times * cpuMilli;
    if (this.#changed.length >= this.#hosts.length) {
      this.#changed = [];
      this.#list += 1;
    }
    this.#changed.push(at);
  }

  #keepsHeadroom(at: number, shape: VmShape): boolean {
    return this.#room?.atRiskWith(this.#hosts[at]?.id ?? '', shape) === undefined;
  }

  /** Whether headroom is kept is this index's own to say: its plans are not those of a snapshot. */
  #ask(shape: VmShape): HostId | undefined {
    const answer = place(this.cluster, { shape });
    if (answer.type === 'refused') return undefined;
    return answer.candidates.find(({ hostId }) =>
      this.#keepsHeadroom(this.#indexOf.get(hostId) ?? -1, shape),
    )?.hostId;
  }

  #kind(shape: VmShape): Kind | 'beyond' {
    let kind = this.#kindOf.get(shape);
    if (kind !== undefined) return kind;
    const weights = policyOf({ cluster: this.#cluster, request: { shape } });
    kind = this.#looksBeyond(shape, weights) ? 'beyond' : this.#known(shape, weights);
    this.#kindOf.set(shape, kind);
    return kind;
  }

  #known(shape: VmShape, weights: ScoreWeights): Kind {
    const eligible = this.#eligibility.of(shape, undefined);
    const used = scoreNames.flatMap((name) =>
      isSeatTerm(name) && (weights[name] ?? 0) > 0 ? [[name, weights[name] ?? 0] as const] : [],
    );
    const { memoryMib, cpuMilli } = shape.request;
    const row = this.#eligibility.rowNumber(eligible);
    const key = `${memoryMib} ${cpuMilli} ${row} ${used.join(' ')}`;
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      const need = { memoryMib, cpuMilli };
      const scores = (kind_: Omit<Kind, 'hosts' | 'read' | 'list'>) =>
        Int32Array.from(this.#hosts, (_, at) => this.#scoreOf(kind_, at));
      const base = { need, eligible, weights: used };
      kind = {
        ...base,
        hosts: new Tournament(scores(base)),
        read: this.#changed.length,
        list: this.#list,
      };
      this.#kinds.set(key, kind);
    }
    return kind;
  }

  /** Whether its place depends on more than what the hosts themselves have left. */
  #looksBeyond(shape: VmShape, weights: ScoreWeights): boolean {
    const { disks = [], devices = [], hugePageKib, labels, remainingHours } = shape;
    if (disks.length > 0 || devices.length > 0 || hugePageKib !== undefined) return true;
    const weighs = (name: ScoreName) => (weights[name] ?? 0) > 0;
    if (weighs('headroom') || (weighs('leavesTogether') && remainingHours !== undefined))
      return true;
    if (weighs('zoneSpread') && this.#hasZones && Object.keys(labels).length > 0) return true;
    return ruleBookOf(this.#cluster).membersAmong([shape]).length > 0;
  }

  #catchUp(kind: Kind): void {
    if (kind.list !== this.#list) {
      kind.hosts = new Tournament(Int32Array.from(this.#hosts, (_, at) => this.#scoreOf(kind, at)));
    } else {
      for (let at = kind.read; at < this.#changed.length; at += 1) {
        const host = this.#changed[at] as number;
        kind.hosts.set(host, this.#scoreOf(kind, host));
      }
    }
    kind.list = this.#list;
    kind.read = this.#changed.length;
  }

  #scoreOf({ need, eligible, weights }: Omit<Kind, 'hosts' | 'read' | 'list'>, at: number): number {
    const memoryMib = Math.max(0, real(this.#freeMemory, at));
    const cpuMilli = Math.max(0, real(this.#freeCpu, at));
    if (eligible[at] !== 1 || memoryMib < need.memoryMib || cpuMilli < need.cpuMilli) return -1;
    const free = { memoryMib, cpuMilli };
    const seat = seatOn(this.#hosts[at] as Host, {
      need,
      free,
      total: this.#total[at] as Resources,
    });
    let score = 0;
    for (const [name, weight] of weights) score += weight * seatTerms[name](seat);
    return score;
  }
}
