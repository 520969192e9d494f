/** Where VMs of a kind would go now: with every host's reason, or, for programs that ask thousands of times, where alone. */
import type { Query, RecordMirror } from '@drover/protocol';
import {
  type Cluster,
  place,
  type PlacementAnswer,
  PlacementIndex,
  type PlacementRequest,
  type Vm,
  type VmShape,
} from '@drover/core';
import { disksToMake } from './pool-sizes.ts';
import { shapeOf } from './vm-shape.ts';

type PlaceQuery = Extract<Query, { type: 'place' }>;

export function answerPlace(
  { cluster, mirror }: { readonly cluster: Cluster; readonly mirror: RecordMirror },
  { spec, count, only, explain }: PlaceQuery,
): readonly PlacementAnswer[] {
  const disks = disksToMake(mirror, spec.disks);
  const shape = { ...shapeOf(spec), ...(disks.length === 0 ? {} : { disks }) };
  const isWhereAlone = explain === false && only === undefined;
  const chosen = isWhereAlone ? chosenFor(cluster, shape, count) : undefined;
  return chosen ?? placeEach(cluster, only === undefined ? { shape } : { shape, only }, count);
}

/** Each with the ones before it counted, as if they were running. */
function placeEach(
  cluster: Cluster,
  request: PlacementRequest,
  count: number,
): readonly PlacementAnswer[] {
  const answers: PlacementAnswer[] = [];
  let now = cluster;
  for (let at = 0; at < count; at += 1) {
    const answer = place(now, request);
    answers.push(answer);
    if (answer.type === 'refused') continue;
    const vmId = nameOf(at);
    const { hostId } = answer;
    const held = { operationId: vmId, vmId, hostId, request: request.shape.request };
    now = { ...now, reservations: [...now.reservations, held] };
  }
  return answers;
}

/** One for each picture: many ask about the same. */
const indexes = new WeakMap<Cluster, PlacementIndex>();

/** Nothing where one of them finds no place: why, `placeEach` says. */
function chosenFor(
  cluster: Cluster,
  shape: VmShape,
  count: number,
): readonly PlacementAnswer[] | undefined {
  if (count > 1) {
    const index = new PlacementIndex(cluster);
    return answersOf(count, (at) => index.admit(vmOf(shape, at)));
  }
  const index = indexes.get(cluster) ?? new PlacementIndex(cluster);
  indexes.set(cluster, index);
  return answersOf(1, () => index.choose(shape));
}

function answersOf(
  count: number,
  choose: (at: number) => string | undefined,
): readonly PlacementAnswer[] | undefined {
  const answers: PlacementAnswer[] = [];
  for (let at = 0; at < count; at += 1) {
    const hostId = choose(at);
    if (hostId === undefined) return undefined;
    answers.push({ type: 'placed', hostId, candidates: [], rejections: [] });
  }
  return answers;
}

function vmOf(shape: VmShape, at: number): Vm {
  const name = nameOf(at);
  return { ...shape, id: name, name, state: 'pending', generation: 0, migrationMode: 'live' };
}

function nameOf(at: number): string {
  return `asked-for-${at}`;
}
