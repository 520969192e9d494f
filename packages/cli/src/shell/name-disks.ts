/** Disks that name a declared image or volume and no pool get the pool that it lies in: `debian-13` becomes `vms/debian-13`. */
import type { VmFlags } from '../logic/vm-flags.ts';
import type { Session } from './session.ts';

export async function nameDisks<Flags extends Pick<VmFlags, 'image' | 'volume'>>(
  session: Session,
  flags: Flags,
): Promise<Flags> {
  const image = await Promise.all(flags.image.map((text) => withPool(session, 'images', text)));
  const volume = await Promise.all(flags.volume.map((text) => withPool(session, 'volumes', text)));
  return { ...flags, image, volume };
}

async function withPool(
  session: Session,
  kind: 'images' | 'volumes',
  text: string,
): Promise<string> {
  const [place = '', ...settings] = text.split(',');
  if (place === '' || place.includes('/')) return text;
  const { pool } =
    kind === 'images'
      ? await session.client.get('/v1/images/{image}', { path: { image: place } })
      : await session.client.get('/v1/volumes/{volume}', { path: { volume: place } });
  return [`${pool}/${place}`, ...settings].join(',');
}
