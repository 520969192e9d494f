/** What part of the link between two hosts each move takes: of one that goes on as it was decided, else as its VM is now. */
import { type LinkPace, linkShare, type Transfer } from '@drover/core';
import type { OperationRecord, RecordMirror } from '@drover/protocol';
import type { HostWatch } from './host-watch.ts';
import { paceOf } from './migration-history.ts';
import { askedOf, policyOf } from './migration-order.ts';
import { promisedSize } from './vm-size.ts';

/** Part of the link; a VM that writes faster than that keeps it for itself. */
const mostDirtying = 0.5;

export type MoveOnLink = Pick<OperationRecord, 'id' | 'parentId' | 'vmId' | 'migration'>;

/** For one turn: what moves between two hosts take is looked up once. */
export class LinkShares {
  readonly #mirror: RecordMirror;
  readonly #hosts: HostWatch;
  readonly #paces = new Map<string, LinkPace>();

  constructor(mirror: RecordMirror, hosts: HostWatch) {
    this.#mirror = mirror;
    this.#hosts = hosts;
  }

  /** Of a move, or of one that a drain may order: it has the drain's id for its parent's. */
  of(move: MoveOnLink, source: string, target: string): number {
    const pace = this.#pace(source, target);
    const transfer = move.migration
      ? decided(move.migration)
      : this.#toCome(move, source, pace.mibPerSecond);
    return transfer === undefined ? 1 : linkShare(transfer, pace);
  }

  #toCome(move: MoveOnLink, source: string, linkMibPerSecond: number): Transfer | undefined {
    const { vmId = '' } = move;
    const spec = this.#mirror.vmIntents.get(vmId)?.value.spec;
    const reported = this.#hosts.get(source)?.inventory?.vms.find((one) => one.vmId === vmId);
    if (spec === undefined || reported?.touchedMib === undefined) return undefined;
    const { touchedMib, dirtyKibPerSecond = 0 } = reported;
    const dirtying = dirtyKibPerSecond / 1024 / linkMibPerSecond;
    if (dirtying > mostDirtying) return undefined;
    const { bandwidthMibps } = policyOf(this.#mirror, vmId, askedOf(this.#mirror, move)).policy;
    const { memoryMib } = promisedSize(spec, this.#mirror.assignments.get(vmId)?.value);
    const mib = Math.min(memoryMib, touchedMib) / (1 - dirtying);
    return transferOf(mib, bandwidthMibps);
  }

  #pace(source: string, target: string): LinkPace {
    const key = `${source} ${target}`;
    const known = this.#paces.get(key);
    if (known !== undefined) return known;
    const operations = [...this.#mirror.operations.values()].map(({ value }) => value);
    const pace = paceOf(operations, source, target);
    this.#paces.set(key, pace);
    return pace;
  }
}

/** One that does not converge keeps the link until it is given up. */
function decided({
  forecast,
  policy,
}: NonNullable<OperationRecord['migration']>): Transfer | undefined {
  return forecast.converges
    ? transferOf(forecast.transferredMib, policy.bandwidthMibps)
    : undefined;
}

function transferOf(mib: number, mibPerSecond: number | undefined): Transfer {
  return { mib, ...(mibPerSecond === undefined ? {} : { mibPerSecond }) };
}
