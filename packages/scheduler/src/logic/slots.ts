/**
 * How many migrations may copy at the same time. One stream fills a link: two at once take as long, and both VMs are
 * written to for twice the time. So one out of a host and one into it, or as many short or capped ones as share a link
 * (link-shares.ts), unless a person says how many; in all no more than half of the hosts. A move that has been copied
 * holds no slot while it is looked after. Counted once in a turn.
 */
import { type Cluster, isWithin, type WaveLimits } from '@drover/core';
import type { OperationRecord, RecordMirror } from '@drover/protocol';
import type { LinkShares, MoveOnLink } from './link-shares.ts';
import { slots } from './settings.ts';

export interface SlotWanted {
  readonly operation: OperationRecord;
  readonly source: string;
  readonly target: string;
}

/** A move that a drain may order. */
export interface MoveToCome {
  readonly move: MoveOnLink;
  readonly source: string;
  readonly target: string;
}

/** By operation: the family of each that lacked nothing but a slot of the cluster, in the last turn that looked. */
export type Refused = Map<string, string>;

/** Of one end of links, or of all: how many moves, and what they take. */
interface Taken {
  moves: number;
  share: number;
}

type TakenBy = Map<string, Taken>;

export class Slots {
  readonly #mirror: RecordMirror;
  readonly #shares: LinkShares;
  readonly #refused: Refused;
  /** As the turn before left it, without those that were looked at since. */
  readonly #refusedBefore: Refused;
  readonly #most: number;
  readonly #all: Taken = { moves: 0, share: 0 };
  readonly #outOf: TakenBy = new Map();
  readonly #into: TakenBy = new Map();
  readonly #ofFamily: TakenBy = new Map();
  /** With those that have not begun yet: of each drain, and to each target. */
  readonly #orderedBy: TakenBy = new Map();
  readonly #orderedTo: TakenBy = new Map();
  /** Moves of units that are under way, with their targets. */
  readonly #begun: Pick<OperationRecord, 'vmId' | 'parentId' | 'target'>[] = [];

  constructor(mirror: RecordMirror, cluster: Cluster, shares: LinkShares, refused: Refused) {
    this.#mirror = mirror;
    this.#shares = shares;
    this.#refusedBefore = new Map(refused);
    this.#refused = refused;
    refused.clear();
    this.#most = perCluster(cluster);
    for (const { operationId, source, target } of cluster.migrations) {
      const operation = mirror.operations.get(operationId)?.value;
      if (operation === undefined) this.#count(source, target, undefined, 1);
      else if (isCopying(operation)) {
        this.#count(source, target, familyOf(operation), this.#shareOf(operation, source, target));
      }
    }
    for (const { value } of mirror.operations.values()) {
      const { type, source, target } = value;
      if (type !== 'migrate' || source === undefined || target === undefined) continue;
      if (isCopying(value)) this.#order(value, target, this.#shareOf(value, source, target));
      if (value.along !== undefined && value.state === 'running') this.#begun.push(value);
    }
  }

  /** True, or what is waited for. */
  slotFor({ operation, source, target }: SlotWanted): true | string {
    this.#refusedBefore.delete(operation.id);
    // What a rule keeps together has one slot: one after the other they would break the rule on the way.
    if (this.hasBegunAlong(operation, target)) return true;
    const parallel = parallelOf(this.#mirror, operation);
    const share = this.#shareOf(operation, source, target);
    if (!hasRoom(this.#outOf, source, share, parallel ?? slots.outPerHost, parallel)) {
      return `a free slot for a migration out of ${source}`;
    }
    if (!hasRoom(this.#into, target, share, parallel ?? slots.inPerHost, parallel)) {
      return `a free slot for a migration to ${target}`;
    }
    const isFree = isWithin(this.#all.share + share, this.#most);
    if (isFree && this.#isItsTurn(operation, share)) return true;
    this.#refused.set(operation.id, familyOf(operation));
    return isFree
      ? 'a free slot: other drains come first'
      : `a free slot: ${this.#all.moves} VMs are being moved`;
  }

  /** A move that would only wait for a slot is not ordered: another one may go elsewhere meanwhile. */
  mayOrder({ move, source, target }: MoveToCome): boolean {
    const parallel = parallelOf(this.#mirror, move);
    const share = this.#shareOf(move, source, target);
    return (
      hasRoom(this.#orderedTo, target, share, parallel ?? slots.inPerHost, parallel) &&
      hasRoom(this.#orderedBy, familyOf(move), share, parallel ?? slots.outPerHost, parallel)
    );
  }

  /** It has been decided that a drain orders a move. */
  order({ move, source, target }: MoveToCome): void {
    this.#order(move, target, this.#shareOf(move, source, target));
  }

  /** It has been decided that a move begins. */
  take({ operation, source, target }: SlotWanted): void {
    const share = this.#shareOf(operation, source, target);
    this.#count(source, target, familyOf(operation), share);
    if (operation.along !== undefined) this.#begun.push({ ...operation, target });
    if (operation.target === undefined) this.#order(operation, target, share);
  }

  /** Something that it belongs together with is on its way there. */
  hasBegunAlong({ parentId, along = [] }: OperationRecord, target: string): boolean {
    if (along.length === 0) return false;
    return this.#begun.some(
      (move) =>
        move.target === target && move.parentId === parentId && along.includes(move.vmId ?? ''),
    );
  }

  /** Who says how many has them counted. */
  #shareOf(move: MoveOnLink, source: string, target: string): number {
    const isCounted = parallelOf(this.#mirror, move) !== undefined;
    return isCounted ? 1 : this.#shares.of(move, source, target);
  }

  #order(move: MoveOnLink, target: string, share: number): void {
    add(this.#orderedBy, familyOf(move), share);
    add(this.#orderedTo, target, share);
  }

  #count(source: string, target: string, family: string | undefined, share: number): void {
    this.#all.moves += 1;
    this.#all.share += share;
    add(this.#outOf, source, share);
    add(this.#into, target, share);
    if (family !== undefined) add(this.#ofFamily, family, share);
  }

  /**
   * Drains that lack nothing but a slot of the cluster take turns: the one with fewer moves under way goes first. Who
   * waits for something else as well is waited for by nobody.
   */
  #isItsTurn(operation: OperationRecord, share: number): boolean {
    const own = familyOf(operation);
    const mine = of(this.#ofFamily, own).moves;
    const before = new Set<string>();
    for (const family of [...this.#refusedBefore.values(), ...this.#refused.values()]) {
      if (family !== own && of(this.#ofFamily, family).moves < mine) before.add(family);
    }
    return isWithin(this.#all.share + share + before.size, this.#most);
  }
}

/** `parallel`: then it is moves that count, else what they take. */
function hasRoom(
  by: TakenBy,
  key: string,
  share: number,
  most: number,
  parallel: number | undefined,
): boolean {
  const taken = of(by, key);
  return parallel === undefined ? isWithin(taken.share + share, most) : taken.moves < most;
}

/** Moves of the drain that it is part of which may copy at once, where a person said so. */
function parallelOf(mirror: RecordMirror, { id, parentId }: MoveOnLink): number | undefined {
  const request = mirror.requests.get(parentId ?? id)?.value;
  return request?.type === 'drain' || request?.type === 'restore' ? request.parallel : undefined;
}

/** Whether a move still copies or is about to; what comes after that costs no link anything. */
export function isCopying({ state, step }: OperationRecord): boolean {
  return state === 'pending' || (state === 'running' && (step === 'prepare' || step === 'perform'));
}

/** Moves of one drain are one; any other is its own. */
function familyOf({ id, parentId }: MoveOnLink): string {
  return parentId ?? id;
}

/** What a drain may have under way by these rules, with the cluster to itself. */
export function waveLimitsOf(cluster: Cluster, parallel: number | undefined): WaveLimits {
  return {
    outPerHost: parallel ?? slots.outPerHost,
    inPerHost: parallel ?? slots.inPerHost,
    perCluster: perCluster(cluster),
  };
}

function perCluster({ hosts }: Cluster): number {
  let up = 0;
  for (const host of hosts.values()) if (host.health === 'up') up += 1;
  return Math.max(slots.perClusterAtLeast, Math.ceil(up / 2));
}

const none: Taken = { moves: 0, share: 0 };

function of(by: TakenBy, key: string): Taken {
  return by.get(key) ?? none;
}

function add(by: TakenBy, key: string, share: number): void {
  const { moves, share: taken } = of(by, key);
  by.set(key, { moves: moves + 1, share: taken + share });
}
