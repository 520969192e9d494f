/** Who has a file of a pool, as libvirt on this host knows: VMs that run and those that do not, with their chains of images. */
import type { Pool } from '@drover/protocol';
import { type DomainDisk, readDomain, type Libvirt } from 'node-libvirt';

type Source = DomainDisk['source'];

const most = 64;

/** Their names. */
export async function usersOfFile(
  libvirt: Libvirt,
  { name, spec }: Pool,
  file: string,
): Promise<string[]> {
  const path = 'path' in spec ? `${spec.path}/${file}` : file;
  const isIt = (source: Source) =>
    source.type === 'volume'
      ? source.pool === name && source.volume === file
      : 'path' in source && source.path === path;
  const users: string[] = [];
  for (const vm of await libvirt.domains.list()) {
    const { disks } = readDomain(await vm.xml());
    const has = disks.some(
      ({ source, backing }) => isIt(source) || backing.some((below) => isIt(below.source)),
    );
    if (has) users.push(vm.name);
  }
  return users.slice(0, most);
}
