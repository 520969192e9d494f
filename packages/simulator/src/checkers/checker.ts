/** What a checker is: a promise, and the places in which it can be seen to be broken. Values in, a sentence or nothing out. */
import type { Delivery } from '../bus.ts';
import type { Commit } from '../etcd.ts';
import type { Truth } from './truth.ts';

/** An agent is about to ask its hypervisor for something. */
export interface Act {
  readonly hostId: string;
  readonly opId: string;
  readonly step: number;
  readonly kind: string;
  readonly vmId?: string;
  readonly generation?: number;
  readonly epoch: string;
  /** The host's disk has lost the record that this step was begun: it may do it again. */
  readonly wasForgotten: boolean;
  /** Highest that this host has on its disk. */
  readonly durableEpoch: string;
  /** Is `begun` of this step on the disk? */
  readonly isBegunDurable: boolean;
}

/** An agent tells the end of a step. */
export interface Told {
  readonly hostId: string;
  readonly opId: string;
  readonly step: number;
  readonly outcome: string;
  /** Is that end on the disk? */
  readonly isEndDurable: boolean;
}

/** A file of a pool has gone because nobody was said to have it. */
export interface Deleted {
  readonly hostId: string;
  readonly pool: string;
  readonly file: string;
  readonly opId: string;
}

/** Something is being done to a VM that ends its run, or could. */
export interface HarmDone {
  readonly harm: 'power-button' | 'plug' | 'reset' | 'paused' | 'destroyed';
  readonly hostId: string;
  readonly vmId: string;
  readonly opId: string;
  /** Request or operation that began the VM's present run. */
  readonly startedBy: string;
  /** Hosts on which another copy is at this moment, running or able to. */
  readonly wholeElsewhere: readonly string[];
  /** Another copy has run since this one was paused, whatever became of it. */
  readonly isOutrun: boolean;
}

/** What people asked for. */
export interface Wish {
  readonly id: string;
  readonly type:
    | 'start'
    | 'stop'
    | 'save'
    | 'reboot'
    | 'pause'
    | 'unpause'
    | 'resize'
    | 'delete'
    | 'migrate'
    | 'drain'
    | 'recover'
    | 'forget-host'
    | 'enforce'
    | 'orphan-delete';
  readonly vmId?: string;
  readonly mode?: 'graceful' | 'force';
  /** Of a start: saved memory is thrown away. */
  readonly discardSaved?: true;
  /** Of a move: shut down, and started elsewhere. */
  readonly cold?: boolean;
}

export interface Ledger {
  wish(id: string): Wish | undefined;
  /** Did the first of two wishes reach etcd before the second? */
  isBefore(id: string, other: string): boolean;
}

/** Each method returns what is wrong, or nothing. */
export interface Checker {
  readonly name: string;
  /** After every event that changed something on a host. */
  state?(truth: Truth): string | undefined;
  /** After every revision of etcd. */
  committed?(commit: Commit, truth: Truth): string | undefined;
  /** Before every call of a hypervisor. */
  acted?(act: Act): string | undefined;
  /** Before a message is handed to whom it is for. */
  delivered?(delivery: Delivery): string | undefined;
  /** Before a result is sent. */
  told?(told: Told): string | undefined;
  deleted?(deleted: Deleted, truth: Truth): string | undefined;
  harmed?(harm: HarmDone, ledger: Ledger): string | undefined;
}
