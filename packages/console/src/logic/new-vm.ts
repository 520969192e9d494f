/** The form of a new VM as what the API takes, and as the command that does the same. */
import { parseMib } from '@drover/cli/words';
import { quoted } from './cli-lines.ts';
import type { Image, VmBalance, VmSpec } from './types.ts';

export interface NewVm {
  readonly name: string;
  /** A declared image by name, else a file of the pool. */
  readonly image: string;
  readonly pool: string;
  readonly vcpus: number;
  /** `2GiB` */
  readonly memory: string;
  /** `20GiB`; empty: as large as the image. */
  readonly disk: string;
  readonly bridge: string;
  readonly sshKey: string;
  readonly userData: string;
  readonly balance: VmBalance;
  readonly start: boolean;
}

export type Read<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly missing: string };

/** What may be said as its image: those that are declared, and files of the pool that other VMs were cloned from. */
export function imagesFor(
  pool: string,
  images: readonly Pick<Image, 'name' | 'state'>[],
  specs: readonly Pick<VmSpec, 'disks'>[],
): readonly string[] {
  const declared = images.filter(({ state }) => state === 'ready').map(({ name }) => name);
  const files = specs
    .flatMap(({ disks }) => disks)
    .flatMap((disk) => (disk.pool === pool && disk.image !== undefined ? [disk.image] : []));
  return [...new Set([...declared.toSorted(), ...files.toSorted()])];
}

/** `missing`: what still has to be said, for people. */
export function specOf(form: NewVm): Read<VmSpec> {
  const no = (missing: string) => ({ ok: false, missing }) as const;
  if (form.image.trim() === '') return no('an image');
  if (form.pool === '') return no('a pool');
  const memory = sizeOf(form.memory);
  if (memory === undefined) return no('its memory, such as 512MiB or 2GiB');
  if (!Number.isInteger(form.vcpus) || form.vcpus < 1) return no('a number of vCPUs');
  const disk = form.disk.trim() === '' ? undefined : sizeOf(form.disk);
  if (form.disk.trim() !== '' && disk === undefined)
    return no('the size of its disk, such as 20GiB, or nothing');
  const sshKeys = form.sshKey
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const userData = form.userData.trim() === '' ? undefined : form.userData;
  const cloudInit = {
    ...(sshKeys.length === 0 ? {} : { sshKeys }),
    ...(userData === undefined ? {} : { userData }),
  };
  return {
    ok: true,
    value: {
      vcpus: form.vcpus,
      memoryMib: memory,
      disks: [
        {
          pool: form.pool,
          image: form.image.trim(),
          ...(disk === undefined ? {} : { sizeMib: disk }),
        },
      ],
      networks: form.bridge === '' ? [] : [{ bridge: form.bridge }],
      ...(form.balance === 'cluster' ? {} : { balance: form.balance }),
      ...(Object.keys(cloudInit).length === 0 ? {} : { cloudInit }),
    },
  };
}

function sizeOf(text: string): number | undefined {
  try {
    return parseMib(text);
  } catch {
    return undefined;
  }
}

export const namePattern = '[a-z0-9]([a-z0-9\\-]{0,61}[a-z0-9])?';

/** `isDeclared`: the image is one by name; else it is a file, named with its pool. */
export function createLine(form: NewVm, isDeclared: boolean): string {
  const image = form.image.trim() || 'IMAGE';
  const size = form.disk.trim() === '' ? '' : `,size=${form.disk.trim()}`;
  const words = [
    'drover vm create',
    quoted(form.name || 'NAME'),
    '--memory',
    quoted(form.memory.replaceAll(' ', '') || 'SIZE'),
    ...(form.vcpus === 1 ? [] : ['--vcpus', `${form.vcpus}`]),
    '--image',
    quoted((isDeclared ? image : `${form.pool || 'POOL'}/${image}`) + size),
    ...(form.bridge === '' ? [] : ['--network', quoted(form.bridge)]),
    ...(form.balance === 'cluster' ? [] : ['--balance', form.balance]),
    ...(form.sshKey.trim() === '' ? [] : ['--ssh-key ~/.ssh/id.pub']),
    ...(form.userData.trim() === '' ? [] : ['--cloud-init user.yaml']),
    ...(form.start ? [] : ['--no-start']),
  ];
  return words.join(' ');
}
