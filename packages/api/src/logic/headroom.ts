/** What is asked about headroom: nothing more, or a shape of VMs to count as well. */
import { DroverError, type Query, wireLimits } from '@drover/protocol';

type Shape = Extract<Query, { readonly type: 'headroom' }>['shape'];

/** Texts of an address. Throws `bad-request` where one is without the other, or beyond what a VM may have. */
export function shapeAsked({
  vcpus,
  memoryMib,
}: {
  readonly vcpus?: string;
  readonly memoryMib?: string;
}): { readonly shape?: NonNullable<Shape> } {
  if (vcpus === undefined && memoryMib === undefined) return {};
  if (vcpus === undefined || memoryMib === undefined) {
    throw new DroverError(
      'bad-request',
      'how many more VMs fit is asked with both vcpus and memoryMib',
    );
  }
  const shape = { vcpus: Number(vcpus), memoryMib: Number(memoryMib) };
  const { vcpus: mostVcpus, memoryMibMin: least, memoryMib: most } = wireLimits;
  if (shape.vcpus > mostVcpus || shape.memoryMib < least || shape.memoryMib > most) {
    throw new DroverError(
      'bad-request',
      `a VM has 1 to ${mostVcpus} vcpus and ${least} to ${most} memoryMib`,
    );
  }
  return { shape };
}
