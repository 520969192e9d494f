/**
 * Images that are brought, made by the distribution's qemu-img and tar, through an agent's real import: the good ones become what
 * they were; the hostile ones are refused with their reason, soon, in little memory, and nothing of them is left.
 */
import type { SourceFormat, StorageJob, StoredFacts } from '@drover/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ActionOutcome } from '../../packages/agent/src/logic/index.ts';
import { type PlayedAgent, startStorageHost, type StorageHost } from './support/storage-host.ts';

type Import = Extract<StorageJob, { job: 'import' }>;

const mib = 1024 * 1024;
const gib = 1024 * mib;
/**
 * Of agent, its processes and their tools together: the kernel kills what would need more, and its order would then be
 * unknown, not refused. Two Node processes take half of it.
 */
const memoryMib = 512;
/** To be refused, of which nearly all is the wait of a process for a busy machine. */
const soonMs = 30_000;
const limits = { maxBytes: 256 * mib, maxVirtualBytes: 64 * gib };
/** Of 64 MiB: holes, text, bytes of chance. */
const disk = '/pools/source/disk.raw';

let host: StorageHost;
let agent: PlayedAgent;
let operations = 0;

beforeAll(async () => {
  host = await startStorageHost(['one', 'source'], { memoryMib });
  agent = await host.startAgent();
  await host.shell(`cd /pools/source
    truncate -s 64M disk.raw
    yes drover | dd of=disk.raw bs=1M seek=3 count=2 iflag=fullblock conv=notrunc status=none
    dd if=/dev/urandom of=disk.raw bs=64k seek=500 count=40 conv=notrunc status=none`);
  for (const [index, { script }] of [...good, ...hostile].entries()) {
    const file = `/pools/source/${index}`;
    await host.shell(
      `mkdir ${file}.d; cd ${file}.d; ln ${disk} disk.raw; ${script}\n mv x ${file}`,
    );
  }
});

afterAll(async () => {
  await agent?.[Symbol.asyncDispose]();
  await host?.[Symbol.asyncDispose]();
});

const at = (file: string, pool = 'one') => ({ pool: host.pool(pool), file });

function order(job: StorageJob): Promise<ActionOutcome> {
  operations += 1;
  return agent.act({ type: 'storage-job', opId: `op-${operations}`, step: 1, job });
}

const importOf = (file: string, format: SourceFormat, more: Partial<Import> = {}): Import => ({
  job: 'import',
  source: { type: 'file', at: at(file, 'source') },
  format,
  ...limits,
  into: at('image'),
  ...more,
});

async function stored(job: StorageJob): Promise<StoredFacts & { readonly sourceSha256?: string }> {
  const outcome = await order(job);
  if (!outcome.stored) throw new Error(`no facts: ${JSON.stringify(outcome)}`);
  const { stored: facts, sourceSha256 } = outcome;
  return { ...facts, ...(sourceSha256 === undefined ? {} : { sourceSha256 }) };
}

const sum = async (path: string) => (await host.exec('sha256sum', path)).split(' ')[0] ?? '';
const convert = (format: string, file: string, options = '') =>
  `qemu-img convert -f raw -O ${format} ${options} disk.raw ${file}`;
const ovf = (disk: string) =>
  `printf '%s' '<Envelope><References><File ovf:id="f" ovf:href="${disk}"/></References>` +
  `<DiskSection><Disk ovf:diskId="d" ovf:fileRef="f"/></DiskSection></Envelope>' > vm.ovf`;
const node = '/opt/drover/node_modules/node/bin/node';
const pack = (packer: string) =>
  `${node} -e "process.stdout.write(require('zlib').${packer}Sync(` +
  `require('fs').readFileSync('disk.raw')))" > x`;

interface Brought {
  readonly what: string;
  /** Makes `x`, in a folder of its own that has `disk.raw`. */
  readonly script: string;
  readonly format: SourceFormat;
  readonly packing?: NonNullable<Import['packing']>;
}

const good: readonly Brought[] = [
  { what: 'raw', script: 'cp disk.raw x', format: 'raw' },
  { what: 'a qcow2', script: convert('qcow2', 'x'), format: 'qcow2' },
  {
    what: 'a qcow2 of version 2',
    script: convert('qcow2', 'x', '-o compat=0.10'),
    format: 'qcow2',
  },
  {
    what: 'a compressed qcow2',
    script: convert('qcow2', 'x', '-c -o compression_type=zstd'),
    format: 'qcow2',
  },
  { what: 'a vmdk', script: convert('vmdk', 'x'), format: 'vmdk' },
  {
    what: 'a vmdk for streams',
    script: convert('vmdk', 'x', '-o subformat=streamOptimized'),
    format: 'vmdk',
  },
  { what: 'a vdi', script: convert('vdi', 'x'), format: 'vdi' },
  {
    what: 'a vdi that is allocated',
    script: convert('vdi', 'x', '-o static=on'),
    format: 'vdi',
  },
  {
    what: 'an OVA',
    script: `${convert('vmdk', 'vm-disk1.vmdk', '-o subformat=streamOptimized')}
      ${ovf('vm-disk1.vmdk')}
      tar --format=ustar -cf x vm.ovf vm-disk1.vmdk`,
    format: 'ova',
  },
  {
    what: 'raw, packed with gzip',
    script: 'gzip < disk.raw > x',
    format: 'raw',
    packing: 'gzip',
  },
  {
    what: 'raw, packed with zstd',
    script: pack('zstdCompress'),
    format: 'raw',
    packing: 'zstd',
  },
  {
    what: 'raw, packed with xz',
    script: 'xz -0 < disk.raw > x',
    format: 'raw',
    packing: 'xz',
  },
];

describe('an image that is brought as', () => {
  it.each(good.map((brought, index) => ({ ...brought, file: String(index) })))(
    '$what becomes a qcow2 of the same content',
    async ({ file, format, packing }) => {
      const before = await sum(`/pools/source/${file}`);
      const more = packing === undefined ? {} : { packing };
      const made = await stored(importOf(file, format, { ...more, sha256: before }));
      const image = host.path('one', 'image');
      const compare = ['compare', '-f', 'raw', '-F', 'qcow2', disk, image];
      expect(await host.exec('qemu-img', ...compare)).toContain('Images are identical');
      const sha256 = await sum(image);
      const virtualBytes = 64 * mib;
      expect(made).toMatchObject({ format: 'qcow2', virtualBytes, sha256, sourceSha256: before });
      expect(await sum(`/pools/source/${file}`)).toBe(before);
      expect(await host.files('one')).toEqual(['.drover/facts/image.json', 'image']);
      expect(await order({ job: 'delete', files: [at('image')] })).toEqual({ outcome: 'done' });
    },
  );
});

interface Hostile extends Brought {
  readonly code: string;
  readonly says: RegExp;
}

/** Numbers of 64 bits in a qcow2's header, from the large end. */
const patch = (offset: number, octal: string) =>
  `printf '${octal}' | dd of=x bs=1 seek=${offset} conv=notrunc status=none`;

const everywhere = `const fs = require('fs'), x = fs.readFileSync('x'), l1 = Number(x.readBigUInt64BE(40));
  const first = x.readBigUInt64BE(l1), l2 = Number(first & 0xffffffffffff00n), cluster = x.readBigUInt64BE(l2);
  for (let i = 0; i < 8192; i += 1) x.writeBigUInt64BE(cluster, l2 + 8 * i);
  for (let i = 0; i < 124; i += 1) x.writeBigUInt64BE(first, l1 + 8 * i);
  fs.writeFileSync('x', x);`;

const hostile: readonly Hostile[] = [
  {
    what: 'a qcow2 with a backing file',
    script: 'qemu-img create -q -f qcow2 -F raw -b /etc/shadow -u x 16M',
    format: 'qcow2',
    code: 'image-refused',
    says: /stands on another file \(\/etc\/shadow\)/,
  },
  {
    what: 'a qcow2 with a data file',
    script: 'qemu-img create -q -f qcow2 -o data_file=data.raw,data_file_raw=on x 16M',
    format: 'qcow2',
    code: 'image-refused',
    says: /data are in another file/,
  },
  {
    what: 'a qcow2 whose backing file has a json: name',
    script: `qemu-img create -q -f qcow2 -F raw -u x 16M \\
      -b 'json:{"driver":"raw","file":{"driver":"file","filename":"/etc/shadow"}}'`,
    format: 'qcow2',
    code: 'image-refused',
    says: /by a protocol \(json:/,
  },
  {
    what: 'a qcow2 of 16 EiB',
    script: `qemu-img create -q -f qcow2 x 1G; ${patch(24, String.raw`\377\377\377\377\377\377\376\0`)}`,
    format: 'qcow2',
    code: 'too-large',
    says: /its disk has 18446744073709551\d* bytes, allowed are 1 to/,
  },
  {
    what: 'a qcow2 with a header that was cut off',
    script: 'qemu-img create -q -f qcow2 whole 1G; head -c 90 whole > x',
    format: 'qcow2',
    code: 'image-refused',
    says: /it ends after 90 bytes/,
  },
  {
    // Every entry of every table leads to the same cluster: half a MiB that would be 62 GiB, within the limits and
    // more than the pool has room for.
    what: 'a qcow2 that has one piece of itself everywhere',
    script: `qemu-img create -q -f qcow2 x 62G
      qemu-io -f qcow2 -c 'write -P 1 0 64k' x > /dev/null
      ${node} -e "${everywhere}"`,
    format: 'qcow2',
    code: 'pool-full',
    says: /the image may need 6\d{10}/,
  },
  {
    what: 'a raw disk into which its VM wrote the header of a qcow2',
    script: `qemu-img create -q -f qcow2 -F raw -b /etc/shadow -u head 16M
      qemu-img create -q -f raw x 16M
      qemu-io -f raw -c 'write -s head 0 64k' x > /dev/null`,
    format: 'raw',
    code: 'image-refused',
    says: /said to be raw, and begins like a qcow2/,
  },
  {
    what: 'a disk of Hyper-V that is said to be raw',
    script: convert('vpc', 'x'),
    format: 'raw',
    code: 'image-refused',
    says: /begins like vhd: convert it to qcow2/,
  },
  {
    what: 'a raw disk that is said to be a qcow2',
    script: 'cp disk.raw x',
    format: 'qcow2',
    code: 'image-refused',
    says: /it was said to be qcow2, and is something else/,
  },
  {
    what: 'a vmdk whose disk is in another file',
    script: convert('vmdk', 'x', '-o subformat=monolithicFlat'),
    format: 'vmdk',
    code: 'image-refused',
    says: /files besides it/,
  },
  {
    what: 'an OVA that leads out of its folder',
    script: `mkdir in; ln disk.raw evil.vmdk; cd in; ${ovf('../evil.vmdk')}
      tar --format=ustar -cPf ../x vm.ovf ../evil.vmdk; cd ..`,
    format: 'ova',
    code: 'image-refused',
    says: /leads out of it \(\.\.\/evil\.vmdk\)/,
  },
  {
    what: 'an OVA with an absolute name',
    script: `${ovf('/etc/hostname')}; tar --format=ustar -cPf x vm.ovf /etc/hostname`,
    format: 'ova',
    code: 'image-refused',
    says: /leads out of it \(\/etc\/hostname\)/,
  },
  {
    what: 'an OVA whose disk is a link',
    script: `ln -s /etc/shadow disk.vmdk; ${ovf('disk.vmdk')}; tar --format=ustar -cf x vm.ovf disk.vmdk`,
    format: 'ova',
    code: 'image-refused',
    says: /is no file: /,
  },
  {
    what: 'an OVA whose disk is a hard link',
    script: `${convert('vmdk', 'a.vmdk')}; ln a.vmdk b.vmdk
      ${ovf('b.vmdk')}; tar --format=ustar -cf x vm.ovf a.vmdk b.vmdk`,
    format: 'ova',
    code: 'image-refused',
    says: /is no file: /,
  },
  {
    what: 'a gzip bomb',
    script: `head -c 512M /dev/zero | gzip -1 > one
      for i in $(seq 64); do cat one; done > x`,
    format: 'raw',
    packing: 'gzip',
    code: 'too-large',
    says: /what it unpacks to has /,
  },
];

describe('an image is refused that is', () => {
  it.each(hostile.map((brought, index) => ({ ...brought, file: String(good.length + index) })))(
    '$what',
    async ({ file, format, packing, code, says }) => {
      const before = await sum(`/pools/source/${file}`);
      const startMs = performance.now();
      const more = packing === undefined ? {} : { packing };
      const job = importOf(file, format, { ...more, into: at('image', 'tiny') });
      const { outcome, error } = await order(job);
      expect(performance.now() - startMs).toBeLessThan(soonMs);
      expect(`${outcome} ${error?.code}`).toBe(`failed ${code}`);
      expect(error?.message).toMatch(says);
      expect(await host.files('tiny')).toEqual([]);
      expect(await sum(`/pools/source/${file}`)).toBe(before);
    },
  );
});

it('an image for which there is no room is given up on the way, and leaves nothing', async () => {
  // Of what it unpacks to nobody knows the size before.
  await host.shell('cd /pools/source; head -c 60M /dev/urandom | gzip -1 > large.gz');
  const into = at('image', 'tiny');
  const { error } = await order(importOf('large.gz', 'raw', { packing: 'gzip', into }));
  expect(error?.code).toBe('pool-full');
  expect(await host.files('tiny')).toEqual([]);
});

describe('a raw volume into which its VM writes the header of a qcow2', () => {
  it.each(['raw', 'qcow2'] as const)('is cloned as raw, into %s', async (format) => {
    const virtualBytes = 16 * mib;
    await stored({ job: 'create', into: at('v'), format: 'raw', virtualBytes });
    await host.shell(
      'cd /pools/source; qemu-img create -q -f qcow2 -F raw -b /etc/shadow -u head 16M',
    );
    const head = 'write -s /pools/source/head 0 64k';
    await host.exec('qemu-io', '-f', 'raw', '-c', head, host.path('one', 'v'));
    const made = await stored({
      job: 'clone',
      from: at('v'),
      fromFormat: 'raw',
      into: at('w'),
      format,
      mode: 'full',
    });
    expect(made).toMatchObject({ format, virtualBytes });
    const compared = ['compare', '-f', 'raw', '-F', format, '/pools/one/v', '/pools/one/w'];
    expect(await host.exec('qemu-img', ...compared)).toContain('Images are identical');
    await order({ job: 'delete', files: [at('v'), at('w')] });
  });
});
