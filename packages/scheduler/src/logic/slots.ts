/**
 * How many migrations may copy at the same time. One stream fills a link: two at once take as long, and both VMs are
 * written to for twice the time. So one out of a host and one into it, unless a person says otherwise; in all no more
 * than half of the hosts. A move that has been copied holds no slot while it is looked after. Counted once in a turn.
 */
import type { Cluster, WaveLimits } from '@drover/core';
import type { OperationRecord, RecordMirror } from '@drover/protocol';
import { slots } from './settings.ts';

export interface SlotWanted {
  readonly operation: OperationRecord;
  readonly source: string;
  readonly target: string;
}

/** By operation: the family of each that lacked nothing but a slot of the cluster, in the last turn that looked. */
export type Refused = Map<string, string>;

type Counts = Map<string, number>;

export class Slots {
  readonly #mirror: RecordMirror;
  readonly #refused: Refused;
  /** As the turn before left it, without those that were looked at since. */
  readonly #refusedBefore: Refused;
  readonly #most: number;
  #copying = 0;
  readonly #outOf: Counts = new Map();
  readonly #into: Counts = new Map();
  readonly #ofFamily: Counts = new Map();
  /** With those that have not begun yet. */
  readonly #orderedTo: Counts = new Map();

  constructor(mirror: RecordMirror, cluster: Cluster, refused: Refused) {
    this.#mirror = mirror;
    this.#refusedBefore = new Map(refused);
    this.#refused = refused;
    refused.clear();
    this.#most = perCluster(cluster);
    for (const { operationId, source, target } of cluster.migrations) {
      const operation = mirror.operations.get(operationId)?.value;
      if (operation === undefined || isCopying(operation)) {
        this.#count(source, target, operation && familyOf(operation));
      }
    }
    for (const { value } of mirror.operations.values()) {
      if (value.type === 'migrate' && value.target !== undefined && isCopying(value)) {
        add(this.#orderedTo, value.target);
      }
    }
  }

  /** True, or what is waited for. */
  slotFor({ operation, source, target }: SlotWanted): true | string {
    const parallel = parallelOf(this.#mirror, operation);
    this.#refusedBefore.delete(operation.id);
    if (of(this.#outOf, source) >= Math.max(parallel, slots.outPerHost)) {
      return `a free slot for a migration out of ${source}`;
    }
    if (of(this.#into, target) >= Math.max(parallel, slots.inPerHost)) {
      return `a free slot for a migration to ${target}`;
    }
    const free = this.#most - this.#copying;
    if (free > 0 && this.#isItsTurn(operation, free)) return true;
    this.#refused.set(operation.id, familyOf(operation));
    return free > 0
      ? 'a free slot: other drains come first'
      : `a free slot: ${this.#copying} VMs are being moved`;
  }

  /** A move that would only wait for its target is not ordered: another one may go elsewhere meanwhile. */
  mayOrderTo(target: string, parallel: number): boolean {
    return of(this.#orderedTo, target) < Math.max(parallel, slots.inPerHost);
  }

  /** It has been decided that a drain orders a move. */
  order(target: string): void {
    add(this.#orderedTo, target);
  }

  /** It has been decided that a move begins. */
  take({ operation, source, target }: SlotWanted): void {
    this.#count(source, target, familyOf(operation));
    if (operation.target === undefined) add(this.#orderedTo, target);
  }

  #count(source: string, target: string, family: string | undefined): void {
    this.#copying += 1;
    add(this.#outOf, source);
    add(this.#into, target);
    if (family !== undefined) add(this.#ofFamily, family);
  }

  /**
   * Drains that lack nothing but a slot of the cluster take turns: the one with fewer moves under way goes first. Who
   * waits for something else as well is waited for by nobody.
   */
  #isItsTurn(operation: OperationRecord, free: number): boolean {
    const own = familyOf(operation);
    const mine = of(this.#ofFamily, own);
    const before = new Set<string>();
    for (const family of [...this.#refusedBefore.values(), ...this.#refused.values()]) {
      if (family !== own && of(this.#ofFamily, family) < mine) before.add(family);
    }
    return free > before.size;
  }
}

/** Moves of the drain that it is part of which may copy at once, where a person said so. */
export function parallelOf(mirror: RecordMirror, { id, parentId }: OperationRecord): number {
  const request = mirror.requests.get(parentId ?? id)?.value;
  return request?.type === 'drain' ? (request.parallel ?? 1) : 1;
}

/** Whether a move still copies or is about to; what comes after that costs no link anything. */
export function isCopying({ state, step }: OperationRecord): boolean {
  return state === 'pending' || (state === 'running' && (step === 'prepare' || step === 'perform'));
}

/** Moves of one drain are one; any other is its own. */
function familyOf({ id, parentId }: OperationRecord): string {
  return parentId ?? id;
}

/** What a drain may have under way by these rules, with the cluster to itself. */
export function waveLimitsOf(cluster: Cluster, parallel: number): WaveLimits {
  return {
    outPerHost: Math.max(parallel, slots.outPerHost),
    inPerHost: Math.max(parallel, slots.inPerHost),
    perCluster: perCluster(cluster),
  };
}

function perCluster({ hosts }: Cluster): number {
  let up = 0;
  for (const host of hosts.values()) if (host.health === 'up') up += 1;
  return Math.max(slots.perClusterAtLeast, Math.ceil(up / 2));
}

function of(counts: Counts, key: string): number {
  return counts.get(key) ?? 0;
}

function add(counts: Counts, key: string): void {
  counts.set(key, of(counts, key) + 1);
}
