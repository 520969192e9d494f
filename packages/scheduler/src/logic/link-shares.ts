/** What part of the link between two hosts each move takes: of one that goes on as it was decided, else as its VM is now. */
import { linkShare, type Transfer } from '@drover/core';
import type { OperationRecord, RecordMirror, ReportedVm } from '@drover/protocol';
import type { HostWatch } from './host-watch.ts';
import { paceOf } from './migration-history.ts';
import { askedOf, policyOf } from './migration-order.ts';

export type MoveOnLink = Pick<OperationRecord, 'id' | 'parentId' | 'vmId' | 'migration'>;

/** For one turn: how fast memory goes between two hosts is looked up once. */
export class LinkShares {
  readonly #mirror: RecordMirror;
  readonly #hosts: HostWatch;
  readonly #speeds = new Map<string, number>();

  constructor(mirror: RecordMirror, hosts: HostWatch) {
    this.#mirror = mirror;
    this.#hosts = hosts;
  }

  /** Of a move, or of one that a drain may order: it has the drain's id for its parent's. */
  of(move: MoveOnLink, source: string, target: string): number {
    const transfer = move.migration ? decided(move.migration) : this.#toCome(move, source);
    return transfer === undefined ? 1 : linkShare(transfer, this.#speed(source, target));
  }

  #toCome(move: MoveOnLink, source: string): Transfer | undefined {
    const { vmId = '' } = move;
    const spec = this.#mirror.vmIntents.get(vmId)?.value.spec;
    const reported = this.#hosts.get(source)?.inventory?.vms.find((one) => one.vmId === vmId);
    if (spec === undefined || reported?.touchedMib === undefined) return undefined;
    const { bandwidthMibps } = policyOf(this.#mirror, vmId, askedOf(this.#mirror, move)).policy;
    return transferOf(firstRounds(reported, spec.memoryMib), bandwidthMibps);
  }

  #speed(source: string, target: string): number {
    const key = `${source} ${target}`;
    const known = this.#speeds.get(key);
    if (known !== undefined) return known;
    const operations = [...this.#mirror.operations.values()].map(({ value }) => value);
    const { mibPerSecond } = paceOf(operations, source, target);
    this.#speeds.set(key, mibPerSecond);
    return mibPerSecond;
  }
}

function decided({ forecast, policy }: NonNullable<OperationRecord['migration']>): Transfer {
  return transferOf(forecast.transferredMib, policy.bandwidthMibps);
}

/** Once its memory, and what it writes in the second that a short copy may take. */
function firstRounds({ touchedMib = 0, dirtyKibPerSecond = 0 }: ReportedVm, memoryMib: number) {
  return Math.min(memoryMib, touchedMib) + dirtyKibPerSecond / 1024;
}

function transferOf(mib: number, mibPerSecond: number | undefined): Transfer {
  return { mib, ...(mibPerSecond === undefined ? {} : { mibPerSecond }) };
}
