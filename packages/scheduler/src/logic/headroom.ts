/**
 * How many hosts' loss the cluster bears, whose VMs would find no place, and how many more fit: for somebody who
 * waits for the answer while the leader decides nothing else, so the work is bounded, and what is told of VMs too.
 */
import {
  type api,
  type Query,
  type QueryReply,
  rejectionRecord,
  reasonRecords,
} from '@drover/protocol';
import {
  type Blocker,
  type Cluster,
  headroomOf,
  limits,
  type RoomFor,
  roomFor,
} from '@drover/core';
import { shapeOf } from './vm-shape.ts';

/** VMs of a loss that are told, and hosts' reasons in all of them. */
const vmsTold = 100;
const reasonsTold = 2000;

export function headroomAnswer(
  cluster: Cluster,
  { shape: asked }: Extract<Query, { type: 'headroom' }>,
): QueryReply {
  const headroom = headroomOf(cluster, { work: limits.headroomAskedWork });
  const { revision, bears, proved, upTo, atRisk, untried, worst } = headroom;
  const told = Math.min(vmsTold, Math.max(1, Math.floor(reasonsTold / cluster.hosts.size)));
  return {
    type: 'headroom',
    headroom: {
      revision,
      bears,
      exact: proved,
      upTo,
      atRisk: atRisk.flatMap(({ hostIds, left }) =>
        hostIds.map((hostId) => ({ hostId, vms: left.length })),
      ),
      untried: [...untried],
      ...(worst === undefined
        ? {}
        : {
            worst: {
              hostIds: [...worst.hostIds],
              vms: worst.left.length,
              left: worst.left.slice(0, told).map(blockerBody),
            },
          }),
      ...(asked === undefined ? {} : { room: roomOf(cluster, asked) }),
    },
  };
}

function roomOf(
  cluster: Cluster,
  asked: { readonly vcpus: number; readonly memoryMib: number },
): NonNullable<api.HeadroomBody['room']> {
  const shape = shapeOf({ ...asked, disks: [], networks: [] });
  return {
    fits: fitsBody(roomFor(cluster, shape)),
    keeping: fitsBody(roomFor(cluster, shape, { keepsHeadroom: true })),
  };
}

function fitsBody({ count, atLeast, byHost }: RoomFor) {
  return { count, atLeast, byHost: byHost.map((one) => ({ ...one })) };
}

function blockerBody({ held, ...blocker }: Blocker) {
  return {
    ...blocker,
    rejections: blocker.rejections.map(rejectionRecord),
    ...(held === undefined ? {} : { reasons: reasonRecords(held) }),
  };
}
