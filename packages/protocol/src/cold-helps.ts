/** Does a cold move help a VM that cannot move live? It is started anew from its record, on another host. */
import type { ReasonRecord } from './records.ts';

type Reason = Pick<ReasonRecord, 'code' | 'hostId' | 'required'>;

/** What the VM has as it runs, and loses where it is started anew; or what only a VM that runs needs of a target. */
const helped: ReadonlySet<string> = new Set([
  'snapshot',
  'checkpoint',
  'device-held',
  'device-unmovable',
  'directory-shared',
  'memory-sealed',
  'cpu-feature-pinned',
  'disk-shareable',
  'disk-cached',
  'disk-unknown',
  'accelerator-missing',
  'cpu-incompatible',
  'cpu-passed-through',
  'qemu-older',
  'mtu-smaller',
]);
/** Media are not in the record. */
const media: readonly unknown[] = ['cdrom', 'floppy'];

/** All of what holds it, and all that one host has against it. */
export function coldHelps(reasons: readonly Reason[]): boolean {
  const isHelped = ({ code, required }: Reason) =>
    helped.has(code) || (code === 'path-missing' && media.includes(required));
  const unhelped = new Set(reasons.filter((one) => !isHelped(one)).map(({ hostId }) => hostId));
  const hosts = new Set(reasons.flatMap(({ hostId }) => hostId ?? []));
  if (reasons.length === 0 || unhelped.has(undefined)) return false;
  return hosts.size === 0 || [...hosts].some((hostId) => !unhelped.has(hostId));
}
