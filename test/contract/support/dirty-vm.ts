/**
 * A VM that dirties its memory when it is told to: the tiny image's kernel with an init of ours. Its serial
 * console says which boot it is in and how long it has been up, and takes orders. Its power button works.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildXml, element, type Domain } from 'node-libvirt';
import { docker, requireImage } from './docker.ts';
import { until } from './until.ts';

const tinyImage = 'drover-lab/tiny:latest';
const memoryMib = 192;

const init = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /bin /t
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
insmod /evdev.ko
insmod /button.ko
case $(cat /proc/cmdline) in *balloon*) insmod /virtio_balloon.ko ;; esac
/bin/power &
mount -t tmpfs -o size=70% tmpfs /t
stty -F /dev/ttyS0 -echo
dd if=/dev/urandom of=/t/pattern bs=65536 count=16 2>/dev/null
boot=$(cat /proc/sys/kernel/random/boot_id)
echo 0 > /t/mib
while :; do
  read -r up rest < /proc/uptime
  echo "boot $boot up \${up%.*}\${up#*.} dirty $(cat /t/mib)"
  usleep 200000
done > /dev/ttyS0 &
while :; do
  mib=$(cat /t/mib)
  i=0
  while [ $i -lt $mib ]; do
    cat /t/pattern > /t/dirty$i
    i=$((i + 1))
  done
  [ $mib -gt 0 ] || usleep 100000
done &
while read -r mib; do
  case $mib in [0-9]*) echo $mib > /t/mib ;; esac
done < /dev/ttyS0
`;

/** Puts kernel and initrd into `folder`, which a host sees as `/images`. */
export async function makeBootFiles(folder: string): Promise<void> {
  await requireImage(tinyImage);
  await writeFile(join(folder, 'init'), init, { mode: 0o755 });
  const build = [
    'mkdir -p /tmp/root/bin',
    'cp /bin/busybox /build/power /tmp/root/bin/',
    'chmod +x /tmp/root/bin/power',
    'cd /tmp/root/modules && cp evdev.ko button.ko virtio_balloon.ko /tmp/root/',
    'cp /boot-files/init /tmp/root/init',
    'cd /tmp/root',
    'find . | cpio -o -H newc --quiet > /boot-files/initrd',
    'cp /boot/vmlinuz-* /boot-files/vmlinuz',
  ].join(' && ');
  const volume = `--volume=${folder}:/boot-files`;
  await docker('run', '--rm', '--network=none', volume, '--entrypoint=sh', tinyImage, '-c', build);
}

export interface DirtyVmOptions {
  readonly name: string;
  readonly uuid: string;
  readonly cache?: string;
  readonly disk?: string;
  /** How far it can grow as it runs. */
  readonly most?: { readonly vcpus: number; readonly memoryMib: number };
  /** It gives memory back, and takes it again, as it is told to. */
  readonly balloon?: boolean;
}

export function dirtyVmXml(options: DirtyVmOptions): string {
  const { name, uuid, cache = 'none', disk, most, balloon = false } = options;
  const mib = { unit: 'MiB' };
  return buildXml(
    element('domain', { type: 'qemu' }, [
      element('name', {}, [name]),
      element('uuid', {}, [uuid]),
      element('memory', mib, [String(most?.memoryMib ?? memoryMib)]),
      ...(most === undefined ? [] : [element('currentMemory', mib, [String(memoryMib)])]),
      element('vcpu', most === undefined ? {} : { current: 1 }, [String(most?.vcpus ?? 1)]),
      element('os', {}, [
        element('type', { arch: 'x86_64', machine: 'pc' }, ['hvm']),
        element('kernel', {}, ['/images/vmlinuz']),
        element('initrd', {}, ['/images/initrd']),
        element('cmdline', {}, [`console=ttyS0 quiet panic=-1${balloon ? ' balloon' : ''}`]),
      ]),
      element('features', {}, [element('acpi')]),
      element('devices', {}, [
        ...(disk === undefined
          ? []
          : [
              element('disk', { type: 'file', device: 'disk' }, [
                element('driver', { name: 'qemu', type: 'raw', cache }),
                element('source', { file: disk }),
                element('target', { dev: 'vda', bus: 'virtio' }),
              ]),
            ]),
        element('serial', { type: 'pty' }),
        element('console', { type: 'pty' }),
      ]),
    ]),
  );
}

export interface Heard {
  readonly boot: string;
  readonly upSeconds: number;
  readonly dirtyMib: number;
}

const line = /boot (\S+) up (\d+) dirty (\d+)\r?\n/g;

/** What it says now, on the host where `domain` runs. Rejects when it says nothing in time. */
export async function listenTo(domain: Domain): Promise<Heard> {
  await using console_ = await domain.console({ flags: 1, idleMs: 20_000 });
  let text = '';
  for await (const bytes of console_) {
    text += Buffer.from(bytes).toString('latin1');
    const found = [...text.matchAll(line)].at(-1);
    if (found === undefined) continue;
    const [, boot = '', up = '', dirty = ''] = found;
    return { boot, upSeconds: Number(up) / 100, dirtyMib: Number(dirty) };
  }
  throw new Error(`the console ended with ${JSON.stringify(text.slice(-200))}`);
}

/** Has it dirty so many MiB over and over; 0 to leave off. Resolves when it says that it does. */
export async function tellToDirty(domain: Domain, mib: number): Promise<Heard> {
  {
    await using console_ = await domain.console({ flags: 1 });
    await console_.write(Buffer.from(`${mib}\n`));
    // Read a little, so that the order has gone through before the console is closed.
    await console_[Symbol.asyncIterator]().next();
  }
  return until(`it dirties ${mib} MiB`, async () => {
    const heard = await listenTo(domain);
    return heard.dirtyMib === mib ? heard : undefined;
  });
}
