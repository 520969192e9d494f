/**
 * Reads the XML of a running backup: where its data go, or where they can be fetched.
 */
import { XmlError } from './element.ts';
import { given } from './given.ts';
import { attributeOf, childOf, childrenOf, optionalCountOf, parseXml, textOf } from './parse.ts';

export interface BackupDisk {
  /** The target, such as `vda`. */
  readonly target: string;
  /** Whether it is part of the backup. */
  readonly included: boolean;
  /** Of a pushed one, the file or device that is written; of a pulled one, what holds old data meanwhile. */
  readonly path?: string;
  readonly format?: string;
  /** Of a pulled one, its name on the server, and that of the record of changes. */
  readonly exportName?: string;
  readonly exportBitmap?: string;
}

export interface BackupDescription {
  /** `push` writes by itself; `pull` serves the data over NBD. */
  readonly mode: 'push' | 'pull';
  /** The checkpoint since which changes are taken; all data if absent. */
  readonly incremental?: string;
  /** Of a pulled one: a socket's path, or an address with its port. */
  readonly server?: { readonly socket?: string; readonly address?: string; readonly port?: number };
  readonly disks: readonly BackupDisk[];
}

/** Throws `XmlError` when it is not a backup. */
export function readBackup(xml: string): BackupDescription {
  const root = parseXml(xml);
  if (root.name !== 'domainbackup') throw new XmlError(`not a backup: ${root.name}`);
  const server = childOf(root, 'server');
  return {
    mode: attributeOf(root, 'mode') === 'pull' ? 'pull' : 'push',
    ...given('incremental', textOf(childOf(root, 'incremental'))),
    ...given(
      'server',
      server && {
        ...given('socket', attributeOf(server, 'socket')),
        ...given('address', attributeOf(server, 'name')),
        ...given('port', optionalCountOf(attributeOf(server, 'port'), 'port')),
      },
    ),
    disks: childrenOf(childOf(root, 'disks'), 'disk').map((disk) => {
      const place = childOf(disk, 'target') ?? childOf(disk, 'scratch');
      return {
        target: attributeOf(disk, 'name') ?? '',
        included: attributeOf(disk, 'backup') !== 'no',
        ...given('path', attributeOf(place, 'file') ?? attributeOf(place, 'dev')),
        ...given('format', attributeOf(childOf(disk, 'driver'), 'type')),
        ...given('exportName', attributeOf(disk, 'exportname')),
        ...given('exportBitmap', attributeOf(disk, 'exportbitmap')),
      };
    }),
  };
}
