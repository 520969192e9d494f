/** How much loss the cluster bears, and what else fits, in words. The console says the first sentence too. */
import type { api } from '@drover/protocol';
import { oneLine } from './harmless.ts';
import { blockerText, count } from './plan-text.ts';
import { formatMib } from './sizes.ts';
import { type Paint, plain } from './table.ts';

type Headroom = api.HeadroomBody;

/** `any one host may be lost`, `losing h2 leaves 3 VMs without a place`. */
export function headroomSentence(headroom: Headroom): string {
  const { bears, exact, upTo, atRisk, worst } = headroom;
  if (worst !== undefined && bears === 0) {
    const others = atRisk.length - 1;
    const also = others > 0 ? `, and so it is with ${count(others, 'other', 'others')}` : '';
    return `losing ${lossText(worst)}${also}`;
  }
  if (bears === 0) return upTo === 0 ? 'no host is up' : 'nothing is known of any loss';
  const hosts = bears === 1 ? 'any one host' : `any ${bears} hosts at once`;
  return `${hosts} may be lost${exact ? '' : ', as far as was looked at'}`;
}

function lossText({ hostIds, vms }: NonNullable<Headroom['worst']>): string {
  return `${hostIds.map(oneLine).join(' and ')} leaves ${count(vms, 'VM', 'VMs')} without a place`;
}

interface Shape {
  readonly vcpus: number;
  readonly memoryMib: number;
}

/** `shape`: of the VMs that were counted. */
export function headroomPage(
  headroom: Headroom,
  shape: Shape | undefined,
  paint: Paint = plain,
): readonly string[] {
  const { bears, worst, atRisk, untried, room } = headroom;
  const [first = '', ...rest] = headroomSentence(headroom);
  const others = atRisk.filter(({ hostId }) => worst?.hostIds.includes(hostId) !== true);
  return [
    `${first.toUpperCase()}${rest.join('')}.`,
    ...(worst === undefined || bears === 0 ? [] : [`But losing ${lossText(worst)}.`]),
    ...(untried.length === 0
      ? []
      : [
          `Not looked at, since it is too much work: the loss of ${untried.map(oneLine).join(', ')}.`,
        ]),
    ...(worst === undefined ? [] : ['', ...leftText(worst, paint)]),
    ...(others.length === 0 ? [] : ['', 'Also at risk:']),
    ...others.map(({ hostId, vms }) => `  ${oneLine(hostId)}: ${count(vms, 'VM', 'VMs')}`),
    ...(room === undefined || shape === undefined ? [] : ['', ...roomText(room, shape)]),
  ];
}

function leftText(
  { hostIds, vms, left }: NonNullable<Headroom['worst']>,
  paint: Paint,
): readonly string[] {
  const more = vms - left.length;
  return [
    `Without a place if ${hostIds.map(oneLine).join(' and ')} ${hostIds.length === 1 ? 'is' : 'are'} lost:`,
    ...groupsOf(hostIds, left).flatMap((blocker) => blockerText(blocker, paint)),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

type Left = NonNullable<Headroom['worst']>['left'][number];

/** VMs with the same reasons stand together, and that the lost hosts are lost is no reason to be told. */
function groupsOf(lost: readonly string[], left: readonly Left[]): readonly Left[] {
  const groups = new Map<string, Left>();
  for (const { vmName, ...blocker } of left) {
    const rejections = blocker.rejections.filter(({ hostId }) => !lost.includes(hostId));
    const told = { ...blocker, rejections };
    const { vmId: _, ...same } = told;
    const key = JSON.stringify(same);
    const former = groups.get(key);
    groups.set(key, {
      ...told,
      vmName: former === undefined ? vmName : `${former.vmName}, ${vmName}`,
    });
  }
  return [...groups.values()];
}

function roomText(
  { fits, keeping }: NonNullable<Headroom['room']>,
  { vcpus, memoryMib }: Shape,
): readonly string[] {
  const number = ({ count: fit, atLeast }: typeof fits) => `${fit}${atLeast ? ' or more' : ''}`;
  const where = fits.byHost.map(({ hostId, count: here }) => `${oneLine(hostId)} ${here}`);
  return [
    `More VMs with ${count(vcpus, 'vcpu', 'vcpus')} and ${formatMib(memoryMib)} that fit: ${number(fits)}`,
    ...(where.length === 0 ? [] : [`  ${where.join(', ')}`]),
    `With each loss borne that is borne now: ${number(keeping)}`,
  ];
}
