/**
 * The live map: one column per host with its bars, and a tile for each VM. Tiles and columns of which nothing
 * changed are the same objects as before, so that a large cluster draws only what is new.
 */
import type { ClusterState } from './cluster-state.ts';
import type { Flight } from './flights.ts';
import { hostTone, vmTone } from './tones.ts';
import type { Host, Tone, Vm } from './types.ts';

export interface Bar {
  readonly used: number | undefined;
  readonly promised: number;
  readonly of: number;
}

export interface Tile {
  readonly vmId: string;
  readonly name: string;
  readonly memoryMib: number;
  readonly tone: Tone;
  readonly state: string;
  /** Of one on its way: where the other half of the picture is, and how far it is. */
  readonly flight?: {
    readonly side: 'leaving' | 'arriving';
    readonly other: string;
    readonly percent: number;
  };
}

/** What has the same one glides; the half of a flight that arrives is not the VM yet. */
export const glideKey = ({ vmId, flight }: Tile): string =>
  flight?.side === 'arriving' ? `${vmId} arriving` : vmId;

export interface Column {
  readonly host: Host;
  readonly tone: Tone;
  readonly cpu: Bar;
  readonly memory: Bar;
  /** Largest first, then by name; those that arrive come last. */
  readonly tiles: readonly Tile[];
}

export interface Group {
  /** Of the label that hosts are grouped by; empty: they are not grouped. */
  readonly name: string;
  readonly columns: readonly Column[];
}

/** VMs that no host has. */
export interface MapView {
  readonly groups: readonly Group[];
  readonly homeless: readonly Tile[];
}

export interface MapWish {
  /** Label by which hosts are grouped, or none. */
  readonly groupBy: string;
}

/** Remembers what it gave last, and gives it again where nothing changed. */
export class MapPainter {
  readonly #tiles = new Map<string, { readonly vm: Vm; readonly tile: Tile }>();
  readonly #columns = new Map<string, Column>();

  paint(state: ClusterState, flights: readonly Flight[], wish: MapWish): MapView {
    const tiles = this.#tilesByHost(state, flights);
    const columns = [...state.hosts.values()]
      .toSorted((one, other) => naturally(one.id, other.id))
      .map((host) => this.#column(host, tiles.get(host.id) ?? []));
    for (const id of this.#columns.keys()) if (!state.hosts.has(id)) this.#columns.delete(id);
    return { groups: grouped(columns, wish.groupBy), homeless: tiles.get('') ?? [] };
  }

  #column(host: Host, tiles: readonly Tile[]): Column {
    const known = this.#columns.get(host.id);
    const sorted = tiles.toSorted(inOrder);
    if (known !== undefined && known.host === host && isSame(known.tiles, sorted)) return known;
    const { usage, promised, allocatable, capacity } = host;
    const column: Column = {
      host,
      tone: hostTone(host.state),
      cpu: {
        used: usage?.cpuMilli,
        promised: promised.cpuMilli,
        of: allocatable.cpuMilli || capacity.cpuMilli,
      },
      memory: {
        used: usage?.memoryMib,
        promised: promised.memoryMib,
        of: allocatable.memoryMib || capacity.memoryMib,
      },
      tiles: known !== undefined && isSame(known.tiles, sorted) ? known.tiles : sorted,
    };
    this.#columns.set(host.id, column);
    return column;
  }

  #tilesByHost(state: ClusterState, flights: readonly Flight[]): Map<string, Tile[]> {
    const byVm = new Map(flights.map((flight) => [flight.vmId, flight]));
    const byHost = new Map<string, Tile[]>();
    const put = (hostId: string, tile: Tile) => {
      const tiles = byHost.get(hostId);
      if (tiles === undefined) byHost.set(hostId, [tile]);
      else tiles.push(tile);
    };
    for (const vm of state.vms.values()) {
      const flight = byVm.get(vm.id);
      if (flight === undefined) {
        put(vm.hostId ?? '', this.#still(vm));
        continue;
      }
      const { percent, source, target } = flight;
      // Once the record has it on the target it has landed, and glides.
      if (vm.hostId === target) put(target, this.#still(vm));
      else {
        put(source, { ...plain(vm), flight: { side: 'leaving', other: target, percent } });
        put(target, { ...plain(vm), flight: { side: 'arriving', other: source, percent } });
      }
    }
    for (const id of this.#tiles.keys()) if (!state.vms.has(id)) this.#tiles.delete(id);
    return byHost;
  }

  #still(vm: Vm): Tile {
    const known = this.#tiles.get(vm.id);
    if (known?.vm === vm) return known.tile;
    const tile = plain(vm);
    this.#tiles.set(vm.id, { vm, tile });
    return tile;
  }
}

function plain(vm: Vm): Tile {
  return {
    vmId: vm.id,
    name: vm.name,
    memoryMib: vm.spec.memoryMib,
    tone: vmTone(vm),
    state: vm.state,
  };
}

function grouped(columns: readonly Column[], groupBy: string): readonly Group[] {
  if (groupBy === '') return [{ name: '', columns }];
  const groups = new Map<string, Column[]>();
  for (const column of columns) {
    const name = column.host.labels[groupBy] ?? 'without';
    groups.set(name, [...(groups.get(name) ?? []), column]);
  }
  return [...groups]
    .toSorted(([one], [other]) => naturally(one, other))
    .map(([name, own]) => ({ name, columns: own }));
}

/** Labels that say something about where hosts are: more than one value among them. */
export function groupings(hosts: Iterable<Host>): readonly string[] {
  const values = new Map<string, Set<string>>();
  for (const { labels } of hosts) {
    for (const [key, value] of Object.entries(labels)) {
      values.set(key, (values.get(key) ?? new Set()).add(value));
    }
  }
  return [...values]
    .filter(([, own]) => own.size > 1)
    .map(([key]) => key)
    .toSorted();
}

/** `h2` before `h10`. */
export function naturally(one: string, other: string): number {
  const parts = (text: string) => text.split(/(\d+)/);
  const [left, right] = [parts(one), parts(other)];
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const [a = '', b = ''] = [left[index], right[index]];
    if (a === b) continue;
    if (index % 2 === 1 && Number(a) !== Number(b)) return Number(a) - Number(b);
    return a < b ? -1 : 1;
  }
  return left.length - right.length;
}

function inOrder(one: Tile, other: Tile): number {
  const arrives = (tile: Tile) => (tile.flight?.side === 'arriving' ? 1 : 0);
  return (
    arrives(one) - arrives(other) ||
    other.memoryMib - one.memoryMib ||
    naturally(one.name, other.name)
  );
}

function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && one.every((item, index) => item === other[index]);
}
