/**
 * People in a swarm: they make VMs and ask for things at random, now and then twice or too late. What they did is
 * kept, step by step, so that the run can be played again without chance.
 */
import type { Random } from '@drover/core';
import type { RuleSpec } from '@drover/protocol';
import { isOpen } from './checkers/truth.ts';
import { uuidOf } from './names.ts';
import type { Script, Step, TimedStep } from './script.ts';
import type { SwarmOptions } from './swarm.ts';
import type { World } from './world.ts';

const sizesMib = [256, 512, 1_024, 1_536, 2_048, 3_072];

export class Workload {
  readonly #world: World;
  readonly #script: Script;
  readonly #options: SwarmOptions;
  readonly #random: Random;
  /** Of rules, so that runs without any are what they would be otherwise. */
  readonly #ruling: Random;
  /** In some runs somebody saves VMs besides; dice of their own, so that the other runs are what they were. */
  readonly #saver: Random | undefined;
  /** Of who looks with virsh and asks Drover. */
  readonly #watcher: Random;
  /** In some runs somebody deletes what looks like nobody's, and does not look closely. */
  readonly #tidier: Random | undefined;
  /** In some runs somebody resizes VMs, which then have room to grow. */
  readonly #resizer: Random | undefined;
  readonly #done: TimedStep[] = [];
  #made = 0;
  #left = 0;
  #ended = false;

  constructor(world: World, script: Script, options: SwarmOptions, random: Random) {
    this.#world = world;
    this.#script = script;
    this.#options = options;
    this.#random = random;
    this.#ruling = random.fork('rules');
    const saver = random.fork('saver');
    this.#saver = saver.chance(300) ? saver : undefined;
    this.#watcher = random.fork('watcher');
    const tidier = random.fork('tidier');
    this.#tidier = tidier.chance(300) ? tidier : undefined;
    const resizer = random.fork('resizer');
    this.#resizer = resizer.chance(300) ? resizer : undefined;
  }

  begin(): void {
    this.#world.timeline.fromOutside(8_000, () => this.#next());
    this.#world.timeline.fromOutside(8_000, () => this.#nextLook());
    if (this.#tidier !== undefined) {
      this.#world.timeline.fromOutside(14_000, () => this.#nextTidying());
    }
    if (this.#resizer !== undefined) {
      this.#world.timeline.fromOutside(15_000, () => this.#nextResize());
    }
    if (this.#ruling.chance(400)) {
      this.#world.timeline.fromOutside(12_000, () => this.#nextRule());
    }
  }

  end(): void {
    this.#ended = true;
  }

  get done(): readonly TimedStep[] {
    return this.#done;
  }

  #next(): void {
    if (this.#ended) return;
    this.#askForSomething();
    if (this.#saver !== undefined) this.#saveSomething(this.#saver);
    const waitMs = this.#random.within([100, 2 * this.#options.askEveryMs]);
    this.#world.timeline.fromOutside(waitMs, () => this.#next());
  }

  /** The moment is short in which the record is wrong: it is watched for. */
  #nextLook(): void {
    if (this.#ended) return;
    const moved = this.#movedByHand();
    if (moved !== undefined && this.#watcher.chance(250)) {
      this.#do({ do: 'stop', vm: moved, force: true });
    }
    this.#world.timeline.fromOutside(500, () => this.#nextLook());
  }

  #nextTidying(): void {
    const dice = this.#tidier;
    if (this.#ended || dice === undefined) return;
    this.#tidyUp(dice);
    const waitMs = dice.within([500, 4 * this.#options.askEveryMs]);
    this.#world.timeline.fromOutside(waitMs, () => this.#nextTidying());
  }

  /** Files that are nobody's, or a VM's disk, its memory, what an operation has in hand: they are all the same to them. */
  #tidyUp(dice: Random): void {
    const { storage, people } = this.#world;
    const pool = 'shared';
    if (dice.chance(200)) {
      this.#left += 1;
      return this.#do({ do: 'leave', pool, file: `${uuidOf('left', this.#left)}.qcow2` });
    }
    if (dice.chance(250)) return this.#do({ do: 'orphans', pool });
    const places = storage.placesIn(pool, (vmId) => people.nature(vmId).pools);
    const file = dice.pick(places);
    if (file !== undefined) this.#do({ do: 'delete-orphan', pool, file });
  }

  #nextResize(): void {
    const dice = this.#resizer;
    if (this.#ended || dice === undefined) return;
    this.#resize(dice);
    const waitMs = dice.within([500, 3 * this.#options.askEveryMs]);
    this.#world.timeline.fromOutside(waitMs, () => this.#nextResize());
  }

  /** Whatever it is at the moment: mostly something that can be. */
  #resize(dice: Random): void {
    const vm = dice.pick([...this.#world.records.vms.values()]);
    if (vm === undefined || (this.#isBusy(vm.id) && dice.chance(800))) return;
    const memoryMib = dice.pick(sizesMib) ?? 256;
    const vcpus = 1 + dice.below(4);
    const size = dice.pick([{ memoryMib }, { vcpus }, { memoryMib, vcpus }]) ?? { vcpus };
    const atNextStart = dice.chance(250) ? { atNextStart: true } : {};
    this.#do({ do: 'resize', vm: vm.name, ...size, ...atNextStart });
  }

  #nextRule(): void {
    if (this.#ended) return;
    this.#rule();
    const waitMs = this.#ruling.within([1_000, 6 * this.#options.askEveryMs]);
    this.#world.timeline.fromOutside(waitMs, () => this.#nextRule());
  }

  /** Now and then two that cannot both hold: they are refused only where somebody looks. */
  #rule(): void {
    const random = this.#ruling;
    const { records, hosts } = this.#world;
    const rule = `rule-${random.below(3)}`;
    const dice = random.below(100);
    if (dice < 20) return this.#do({ do: 'enforce', rule });
    if (dice < 30) return this.#do({ do: 'unrule', rule });
    const vms = [...records.vms.values()].map(({ name }) => name);
    const some = vms.filter(() => random.chance(400)).slice(0, 1 + random.below(hosts.length + 1));
    if (some.length === 0) return;
    const strength = random.chance(700) ? 'hard' : 'soft';
    const bends = strength === 'hard' && random.chance(200) ? { bendsForDrain: true } : {};
    const base = { strength, vms: { ids: some }, ...bends } as const;
    const over = 'host';
    const ids = [random.pick(hosts)?.id ?? ''];
    const specs: readonly RuleSpec[] = [
      { ...base, type: 'apart', over },
      { ...base, type: 'together', over },
      { ...base, type: 'spread', over, maxSkew: 1 },
      { ...base, type: 'pinned', hosts: { ids } },
      { ...base, type: 'away', hosts: { ids } },
    ];
    const spec = random.pick(specs);
    if (spec !== undefined) this.#do({ do: 'rule', rule, spec });
  }

  #do(step: Step): void {
    const as = this.#script.perform(step);
    const atMs = this.#world.nowMs;
    this.#done.push({ atMs, step: as === undefined ? step : ({ ...step, as } as Step) });
  }

  #askForSomething(): void {
    const random = this.#random;
    const { records, hosts } = this.#world;
    if (this.#made < this.#options.vmCount && random.chance(500)) return this.#create();
    const vm = random.pick([...records.vms.values()]);
    const host = random.pick(hosts)?.id ?? '';
    const off = random.pick(hosts.filter(({ isPowered }) => !isPowered));
    if (off !== undefined && random.chance(400)) {
      return this.#do({ do: 'recover', host: off.id, despiteMassLoss: random.chance(500) });
    }
    const dice = random.below(100);
    if (dice < 20) return this.#drain(host);
    if (dice < 30) return this.#do({ do: random.chance(300) ? 'cordon' : 'uncordon', host });
    if (dice < 40) return this.#cancelSomething();
    // Mostly they look first, as the API does.
    if (vm === undefined || (this.#isBusy(vm.id) && random.chance(800))) return;
    const about = { vm: vm.name };
    if (dice < 60) {
      this.#do({ do: 'migrate', ...about, ...(random.chance(600) ? { to: host } : {}) });
      if (random.chance(50)) this.#do({ do: 'stop', ...about, force: random.chance(500) });
    } else if (dice < 72) this.#do({ do: 'stop', ...about, force: !random.chance(600) });
    else if (dice < 94) {
      this.#do({ do: 'start', ...about });
      // Somebody else asks for the same in that very moment.
      if (random.chance(20)) this.#do({ do: 'start', ...about });
    } else this.#do({ do: 'delete', ...about });
  }

  /** And has it go on, or boot without; and thinks better of it. */
  #saveSomething(dice: Random): void {
    const { records } = this.#world;
    if (!dice.chance(400)) return;
    const open = [...records.operations.values()].filter(isOpen);
    const save = dice.pick(open.filter(({ type }) => type === 'save'));
    if (save !== undefined && dice.chance(250)) return this.#do({ do: 'cancel', what: save.id });
    const vm = dice.pick([...records.vms.values()]);
    if (vm === undefined || (this.#isBusy(vm.id) && dice.chance(800))) return;
    const { state } = records.assignments.get(vm.id) ?? {};
    if (state === 'running') return this.#do({ do: 'save', vm: vm.name });
    if (state !== 'saved') return;
    this.#do({ do: 'start', vm: vm.name, ...(dice.chance(150) ? { discardSaved: true } : {}) });
  }

  /** One whose record still says otherwise: who reads that may well ask for something. */
  #movedByHand(): string | undefined {
    const { byHand, hosts, records } = this.#world;
    const isUnknown = (vmId: string) => {
      const owner = records.assignments.get(vmId)?.hostId;
      return hosts.some(
        ({ id, hypervisor }) => id !== owner && hypervisor.copy(vmId)?.byHand === true,
      );
    };
    const vmId = [...byHand].find(isUnknown);
    return vmId === undefined ? undefined : records.vms.get(vmId)?.name;
  }

  #create(): void {
    const random = this.#random;
    this.#made += 1;
    // Dice of its own: without loads everything else stays what it is.
    const load = random.fork(`load ${this.#made}`);
    const cpuMilli = load.chance(600) ? { cpuMilli: load.below(2_500) } : {};
    const most = this.#resizer === undefined ? {} : { maxMemoryMib: 3_072, maxVcpus: 4 };
    this.#do({
      do: 'create',
      vm: `vm${this.#made}`,
      memoryMib: random.pick(sizesMib) ?? 256,
      vcpus: 1 + random.below(3),
      deaf: random.chance(250),
      dirtyMibPerSecond: random.pick([0, 0, 20, 100, 190, 400]) ?? 0,
      pool: random.chance(250) ? 'direct' : 'shared',
      ...cpuMilli,
      ...most,
    });
  }

  /** Half of them look at the plan first, think about it, and mean what they saw. */
  #drain(host: string): void {
    const { timeline, records } = this.#world;
    const isDrained = [...records.operations.values()].some(
      (one) => one.type === 'drain' && one.hostId === host && isOpen(one),
    );
    if (isDrained) return;
    if (this.#random.chance(500)) {
      this.#do({ do: 'drain', host });
      return this.#askAboutOneOf(host);
    }
    const thinkMs = this.#random.within([500, 20_000]);
    // Hosts are asked for it, and are so when the run is played again.
    this.#done.push({ atMs: timeline.nowMs, step: { do: 'plan', host } });
    this.#world.leader()?.ask({ type: 'plan-drain', hostId: host }, (reply) => {
      if (reply.type !== 'plan-drain') return;
      const plan = reply.plan.moves.map(({ vmName, target }) => ({ vm: vmName, to: target }));
      timeline.fromOutside(thinkMs, () => {
        if (!this.#ended) this.#do({ do: 'drain', host, plan });
      });
    });
  }

  /** Somebody else wants something of a VM that is about to move: neither API knows of the other's request yet. */
  #askAboutOneOf(host: string): void {
    const random = this.#random;
    const { assignments, vms } = this.#world.records;
    if (!random.chance(400)) return;
    const owned = [...assignments.values()].filter(({ hostId }) => hostId === host);
    const vm = vms.get(random.pick(owned)?.vmId ?? '')?.name;
    if (vm === undefined) return;
    if (random.chance(500)) this.#do({ do: 'stop', vm, force: random.chance(500) });
    else this.#do({ do: 'migrate', vm });
  }

  #cancelSomething(): void {
    const open = [...this.#world.records.operations.values()].filter(
      (one) => (one.type === 'migrate' || one.type === 'drain') && isOpen(one),
    );
    const one = this.#random.pick(open.filter(({ parentId }) => parentId === undefined));
    if (one) this.#do({ do: 'cancel', what: one.id });
  }

  #isBusy(vmId: string): boolean {
    return [...this.#world.records.operations.values()].some(
      (one) => one.vmId === vmId && isOpen(one),
    );
  }
}
