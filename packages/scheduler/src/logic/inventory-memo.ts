/**
 * What follows from a host's inventory and the records alone: as long as both are the same it is not worked out again.
 * A host tells its inventory once a minute; a picture is made many times a second.
 */
import type { Inventory, RecordMirror } from '@drover/protocol';
import type { Resources, Vm } from '@drover/core';
import { foreignVms, takenBy, type UnderWay } from './foreign.ts';
import type { HeardHost } from './host-watch.ts';
import { grownOn } from './vm-size.ts';

interface Known {
  /** What VMs take that no record has there. */
  readonly foreign: Resources;
  /** VMs that have more than they are promised, with that. */
  readonly grown: readonly Vm[];
}

/** Of one state of the records: after a change of them there is a new one. */
export class InventoryMemo {
  readonly #mirror: RecordMirror;
  readonly #vms: ReadonlyMap<string, Vm>;
  readonly #underWay: UnderWay;
  readonly #known = new WeakMap<Inventory, Known>();

  constructor(mirror: RecordMirror, vms: ReadonlyMap<string, Vm>, underWay: UnderWay) {
    this.#mirror = mirror;
    this.#vms = vms;
    this.#underWay = underWay;
  }

  of(hostId: string, inventory: Inventory): Known {
    let known = this.#known.get(inventory);
    if (known === undefined) {
      const foreign = takenBy(foreignVms(this.#mirror, hostId, inventory, this.#underWay));
      known = { foreign, grown: grownOn(this.#vms, hostId, inventory.vms) };
      this.#known.set(inventory, known);
    }
    return known;
  }

  grownVms(hosts: readonly HeardHost[]): readonly Vm[] {
    return hosts.flatMap(({ hostId, inventory }) =>
      inventory === undefined ? [] : this.of(hostId, inventory).grown,
    );
  }
}
