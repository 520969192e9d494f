/**
 * Puts a file into a volume of a pool and fetches it back, without its runs of zeroes:
 * `node examples/volume.ts URI POOL FILE COPY`.
 */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { buildXml, connect, element } from '../src/index.ts';

const [uri, poolName, file, copy] = process.argv.slice(2);
if (uri === undefined || poolName === undefined || file === undefined || copy === undefined) {
  console.error('usage: node examples/volume.ts URI POOL FILE COPY');
  process.exit(64);
}
await using libvirt = await connect(uri);
const pool = await libvirt.pools.byName(poolName);
const { size } = await stat(file);
const { availableBytes } = await pool.info();
if (availableBytes < size) throw new Error(`${poolName} has ${availableBytes} bytes left`);

const volume = await pool.createVolume(
  buildXml(
    element('volume', {}, [
      element('name', {}, [basename(file)]),
      element('capacity', { unit: 'bytes' }, [String(size)]),
      element('allocation', {}, ['0']),
      element('target', {}, [element('format', { type: 'raw' })]),
    ]),
  ),
);
try {
  await volume.uploadFile(file, { sparse: true });
  const received = await volume.downloadFile(copy);
  const { allocationBytes } = await volume.info();
  console.log(`${received} bytes there and back, ${allocationBytes} of them stored`);
} finally {
  await volume.delete();
}
