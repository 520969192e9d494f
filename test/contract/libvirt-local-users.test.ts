/**
 * Who may come in over a unix socket, as a real polkit decides it, and a user's own daemon. The client runs
 * beside the daemon: polkit asks the kernel for its process, which it cannot see across containers.
 */
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { docker } from './support/docker.ts';
import {
  type Libvirtd,
  libvirtImages,
  type Release,
  startLibvirtd,
} from './support/libvirt-daemon.ts';
import { until } from './support/until.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const node = '/drover/node_modules/node/bin/node';
const example = '/drover/packages/node-libvirt/examples/list.ts';

/** Two people, one of whom may manage VMs; and what polkit needs to look them up. */
const prepare = `
  chmod 0755 /contract
  useradd --create-home --groups libvirt keeper
  useradd --create-home visitor
  install -d -o keeper -m 0700 /run/user-keeper
  mkdir -p /run/dbus
  dbus-daemon --system --fork
  /usr/lib/polkit-1/polkitd --no-debug >/contract/polkit 2>&1 &
`;

describe.each(Object.keys(libvirtImages) as Release[])('%s', (release) => {
  let daemon: Libvirtd;

  beforeAll(async () => {
    daemon = await startLibvirtd({
      release,
      auth: 'polkit',
      prepare,
      hypervisor: true,
      containerOptions: [`--volume=${checkout}:/drover:ro`],
    });
  });

  afterAll(async () => {
    await daemon?.[Symbol.asyncDispose]();
  });

  /** What the example prints for this user, errors among it. */
  const list = (user: string, uri: string) =>
    daemon.exec(
      'runuser',
      '-u',
      user,
      '--',
      'sh',
      '-c',
      `${node} ${example} '${uri}' 2>&1 || true`,
    );
  const uri = 'test+unix:///default?socket=/contract/libvirt-sock';

  it('lets in who is of the group that may manage', async () => {
    expect(await list('keeper', uri)).toMatch(/test: running \(unknown\), \d+ MiB/);
  });

  it('tells anybody else that polkit said no, and why', async () => {
    expect(await list('visitor', uri)).toMatch(/AuthError: .*polkit/);
  });

  it('lets root in without asking further', async () => {
    expect(await list('root', uri)).toMatch(/test: running/);
  });

  it('lets everybody look on the socket for that', async () => {
    const readOnly = `${uri}-ro&mode=legacy`;
    expect(await list('visitor', readOnly)).toMatch(/test: running/);
  });

  it('a user’s own daemon is found where it listens for him', async () => {
    const environment = '--env=XDG_RUNTIME_DIR=/run/user-keeper';
    const home = '--env=HOME=/home/keeper';
    const asKeeper = ['exec', environment, home, '--user=keeper', '--workdir=/'];
    await docker(...asKeeper, '--detach', daemon.container, '/usr/sbin/libvirtd', '--timeout=120');
    const own = () => docker(...asKeeper, daemon.container, node, example, 'qemu:///session');
    const told = await until('the user’s daemon answers', () => own().catch(() => false));
    expect(told).toMatch(/: \d+ CPUs, \d+ MiB$/);
  });
});
