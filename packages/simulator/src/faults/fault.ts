/** What a fault is, and how it finds where it happens. */
import type { Random } from '@drover/core';
import type { FaultOrder } from '../script.ts';
import type { World } from '../world.ts';

export type Order = FaultOrder;

export interface Fault {
  readonly says: string;
  /** Begins it; returns how it is mended. */
  readonly begin: (world: World, order: Order, random: Random) => (() => void) | undefined;
  /** How long it lasts in a swarm. */
  readonly lastsMs?: readonly [number, number];
}

/** One that is named, or any. */
export function hostOf(world: World, { host }: Order, random: Random) {
  return host === undefined ? random.pick(world.hosts) : world.host(host);
}

export function agentOf(world: World, order: Order, random: Random) {
  const host = hostOf(world, order, random);
  return host && world.agent(host.id);
}

export function busClientOf(world: World, { host }: Order, random: Random): string {
  const ids = [...world.hosts, ...world.schedulers].map(({ id }) => id);
  return host ?? random.pick(ids) ?? '';
}

export function schedulerOf(world: World, { host }: Order) {
  return host === undefined ? world.leader() : world.schedulers.find(({ id }) => id === host);
}
