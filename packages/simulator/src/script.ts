/**
 * What people ask for and what goes wrong, as steps with names instead of ids: scenarios are written in them,
 * random runs are recorded in them, and both are performed here.
 */
import { requireUnit } from '@drover/api/logic';
import type { api, RuleSpec } from '@drover/protocol';
import type { FaultMaker } from './fault-maker.ts';
import type { FaultName } from './faults.ts';
import type { World } from './world.ts';

export type PoolName = 'shared' | 'direct';

export interface CreateStep {
  readonly do: 'create';
  readonly vm: string;
  readonly memoryMib: number;
  readonly vcpus: number;
  readonly maxMemoryMib?: number;
  readonly maxVcpus?: number;
  readonly pool: PoolName;
  /** Nobody in it listens to the power button. */
  readonly deaf: boolean;
  readonly dirtyMibPerSecond: number;
  /** CPU that it would use, in thousandths of a core; nobody measures it if absent. */
  readonly cpuMilli?: number;
  /** That libvirt has of it. */
  readonly snapshots?: number;
  /** A file in its drive. */
  readonly medium?: string;
  /** `tier=db` */
  readonly label?: string;
}

/** `as`: what later steps call the operation that comes of it. */
export type AskStep =
  | {
      readonly do: 'save' | 'delete' | 'pause' | 'unpause';
      readonly vm: string;
      readonly as?: string;
    }
  | {
      readonly do: 'start';
      readonly vm: string;
      /** Its saved memory is thrown away. */
      readonly discardSaved?: boolean;
      readonly as?: string;
    }
  | {
      readonly do: 'stop' | 'reboot';
      readonly vm: string;
      readonly force: boolean;
      readonly as?: string;
    }
  | {
      readonly do: 'resize';
      readonly vm: string;
      readonly memoryMib?: number;
      readonly vcpus?: number;
      readonly atNextStart?: boolean;
      readonly as?: string;
    }
  | {
      readonly do: 'migrate';
      readonly vm: string;
      readonly to?: string;
      /** Shut down, and started there. */
      readonly cold?: boolean;
      readonly as?: string;
    }
  | {
      readonly do: 'drain';
      readonly host: string;
      /** As it was shown: who goes where. */
      readonly plan?: readonly PlannedMove[];
      readonly as?: string;
    }
  | { readonly do: 'forget-host'; readonly host: string; readonly as?: string }
  | {
      readonly do: 'recover';
      readonly host: string;
      readonly despiteMassLoss: boolean;
      readonly as?: string;
    };

/** Made, or set where there is one of that name; VMs by name. */
export interface RuleStep {
  readonly do: 'rule';
  readonly rule: string;
  readonly spec: RuleSpec;
}

export interface PlannedMove {
  readonly vm: string;
  readonly to: string;
}

export interface FaultStep {
  readonly do: FaultName;
  /** A host, a scheduler or the API; absent: chance decides, or the one that leads. */
  readonly host?: string;
  /** The other host, where there are two. */
  readonly to?: string;
  readonly pool?: string;
  readonly forMs: number;
  /** What chance is seeded with; the run's own chance if absent. */
  readonly dice?: number;
}

/** What a fault needs to know of its step. */
export type FaultOrder = Omit<FaultStep, 'do'>;

export type Step =
  | CreateStep
  | AskStep
  | RuleStep
  | { readonly do: 'unrule'; readonly rule: string }
  | { readonly do: 'enforce'; readonly rule: string; readonly as?: string }
  /** A file comes to lie there that no record names: whoever made it died. */
  | { readonly do: 'leave'; readonly pool: PoolName; readonly file: string }
  /** Ask what no record names there; nothing is changed. */
  | { readonly do: 'orphans'; readonly pool: PoolName }
  | {
      readonly do: 'delete-orphan';
      readonly pool: PoolName;
      readonly file: string;
      readonly as?: string;
    }
  | { readonly do: 'cordon' | 'uncordon'; readonly host: string }
  /** Look at what a drain would do: hosts are asked, nothing is changed. */
  | { readonly do: 'plan'; readonly host: string }
  | { readonly do: 'cancel'; readonly what: string }
  /** From now on it asks for so much. */
  | { readonly do: 'load'; readonly vm: string; readonly cpuMilli: number }
  /** What is recommended for it is done, or not wanted for a while; what is not recommended is only said. */
  | { readonly do: 'apply'; readonly vm: string }
  | { readonly do: 'dismiss'; readonly vm: string; readonly minutes: number }
  /** What is recommended is said, and nothing is changed. */
  | { readonly do: 'recommended' }
  | FaultStep;

export interface TimedStep {
  readonly atMs: number;
  readonly step: Step;
}

/** A step needs what an earlier one would have made. */
export class MissingName extends Error {}

export class Script {
  readonly #world: World;
  readonly #faults: FaultMaker;
  /** VMs and operations by the names that the steps have for them. */
  readonly #ids = new Map<string, string>();

  /** `found`: VMs that are there before the first step. */
  constructor(
    world: World,
    faults: FaultMaker,
    found: readonly { readonly id: string; readonly name: string }[] = [],
  ) {
    this.#world = world;
    this.#faults = faults;
    for (const { id, name } of found) this.#ids.set(name, id);
  }

  /** Gives the id of the operation that was asked for. */
  perform(step: Step): string | undefined {
    const { people } = this.#world;
    if ('forMs' in step) {
      this.#faults.begin(step);
      return undefined;
    }
    switch (step.do) {
      case 'create':
        this.#create(step);
        return undefined;
      case 'start':
        return this.#remember(
          step,
          step.discardSaved === true
            ? people.boot(this.#idOf(step.vm))
            : people.start(this.#idOf(step.vm)),
        );
      case 'save':
        return this.#remember(step, people.save(this.#idOf(step.vm)));
      case 'delete':
        return this.#remember(step, people.remove(this.#idOf(step.vm)));
      case 'pause':
      case 'unpause':
        return this.#remember(step, people.pause(this.#idOf(step.vm), step.do));
      case 'stop':
      case 'reboot': {
        const mode = step.force ? 'force' : 'graceful';
        return this.#remember(step, people[step.do](this.#idOf(step.vm), mode));
      }
      case 'resize': {
        const { vm, memoryMib, vcpus, atNextStart = false } = step;
        const size = {
          ...(memoryMib === undefined ? {} : { memoryMib }),
          ...(vcpus === undefined ? {} : { vcpus }),
        };
        return this.#remember(step, people.resize(this.#idOf(vm), size, atNextStart));
      }
      case 'migrate':
        return this.#remember(step, people.migrate(this.#idOf(step.vm), step.to, step.cold));
      case 'drain': {
        const plan = step.plan?.flatMap(({ vm, to }) => {
          const vmId = this.#ids.get(vm);
          return vmId === undefined ? [] : [{ vmId, target: to }];
        });
        return this.#remember(step, people.drain(step.host, plan));
      }
      case 'recover':
        return this.#remember(step, people.recover(step.host, step.despiteMassLoss));
      case 'forget-host':
        return this.#remember(step, people.forgetHost(step.host));
      case 'rule':
        people.setRule(step.rule, step.spec);
        return undefined;
      case 'unrule':
        people.deleteRule(step.rule);
        return undefined;
      case 'enforce':
        return this.#remember(step, people.enforce(step.rule));
      case 'leave':
        this.#world.storage.files.add(`${step.pool}/${step.file}`);
        return undefined;
      case 'orphans':
        this.#orphans(step.pool);
        return undefined;
      case 'delete-orphan':
        return this.#remember(step, people.deleteOrphan(step.pool, step.file));
      case 'cordon':
      case 'uncordon':
        people.cordon(step.host, step.do === 'cordon');
        return undefined;
      case 'plan':
        this.#world.leader()?.ask({ type: 'plan-drain', hostId: step.host }, () => undefined);
        return undefined;
      case 'load':
        people.load(this.#idOf(step.vm), step.cpuMilli);
        return undefined;
      case 'apply':
        this.#recommended((one, seen) => people.apply(requireUnit(seen, one.id)), step.vm);
        return undefined;
      case 'dismiss':
        this.#recommended((one) => people.dismiss(one, step.minutes), step.vm);
        return undefined;
      case 'recommended':
        this.#recommended();
        return undefined;
      case 'cancel':
        // What the scheduler began by itself has its own name, and may be gone when a run is played again.
        people.cancel(step.what.startsWith('balance-') ? step.what : this.#idOf(step.what));
        return undefined;
    }
  }

  #orphans(pool: PoolName): void {
    this.#world.leader()?.ask({ type: 'orphans', pool }, (reply) => {
      const found = reply.type === 'orphans' ? reply.orphans.map(({ file }) => file) : [];
      const said = found.length === 0 ? 'none' : found.join(', ');
      const what = reply.type === 'error' ? reply.code : said;
      this.#world.trace.note('people', `orphans in ${pool}: ${what}`);
    });
  }

  /** Asks the leader, as the API does. `vm`: of this one something is done with it. */
  #recommended(
    then?: (one: api.RecommendationBody, seen: api.BalanceStatus) => void,
    vm?: string,
  ): void {
    const { trace } = this.#world;
    const vmId = vm === undefined ? undefined : this.#idOf(vm);
    this.#world.leader()?.ask({ type: 'balance' }, (reply) => {
      if (reply.type !== 'balance') return;
      const { recommendations, calm } = reply.balance;
      const one = recommendations.find((recommendation) => recommendation.vmId === vmId);
      if (one !== undefined) return then?.(one, reply.balance);
      const all = recommendations.map(
        ({ vmName, source, target }) => `${vmName} ${source} to ${target}`,
      );
      const nothing = `nothing, ${calm?.text ?? 'for no reason'}`;
      trace.note('people', `see recommended: ${all.length === 0 ? nothing : all.join(', ')}`);
    });
  }

  #create(step: CreateStep): void {
    const { vm, deaf, dirtyMibPerSecond, memoryMib, vcpus, pool, snapshots, medium, label } = step;
    const { maxMemoryMib, maxVcpus } = step;
    const most = {
      ...(maxMemoryMib === undefined ? {} : { maxMemoryMib }),
      ...(maxVcpus === undefined ? {} : { maxVcpus }),
    };
    const [key = '', value = ''] = label?.split('=') ?? [];
    const labels = label === undefined ? {} : { labels: { [key]: value } };
    const nature = {
      isDeaf: deaf,
      dirtyMibPerSecond,
      ...(step.cpuMilli === undefined ? {} : { cpuMilli: step.cpuMilli }),
      ...(snapshots === undefined ? {} : { snapshots }),
      ...(medium === undefined ? {} : { medium }),
    };
    this.#ids.set(
      vm,
      this.#world.people.create({ name: vm, memoryMib, vcpus, ...most, pool, nature, ...labels }),
    );
  }

  #remember({ as }: { readonly as?: string }, id: string): string {
    this.#ids.set(as ?? id, id);
    return id;
  }

  #idOf(name: string): string {
    const id = this.#ids.get(name);
    if (id === undefined) throw new MissingName(`nothing is called ${name} yet`);
    return id;
  }
}
