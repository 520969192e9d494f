/**
 * Two hosts that a VM can move between: containers of one network, each with a libvirtd, images in a folder
 * that both see. Their daemons reach each other through their unix sockets; memory goes over the network.
 */
import { randomUUID } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type Libvirt } from 'node-libvirt';
import { docker } from './docker.ts';
import { makeBootFiles } from './dirty-vm.ts';
import { type Libvirtd, startLibvirtd } from './libvirt-daemon.ts';

export interface MigrationHost {
  readonly name: string;
  readonly daemon: Libvirtd;
  readonly libvirt: Libvirt;
  /** Where the other's memory stream goes to. */
  readonly address: string;
  /** As the other's daemon reaches this one. */
  readonly uri: string;
}

export interface MigrationHosts extends AsyncDisposable {
  readonly one: MigrationHost;
  readonly two: MigrationHost;
  /** `/images` on both. */
  readonly images: string;
}

/** `pki`: a folder with QEMU's certificates, for both; absent: each has its own in `migration-tls` of its folder. */
export async function startMigrationHosts(pki?: string): Promise<MigrationHosts> {
  const stack = new AsyncDisposableStack();
  try {
    const images = await mkdtemp(join(tmpdir(), 'drover-images-'));
    stack.defer(() => rm(images, { recursive: true, force: true }));
    const folders = await mkdtemp(join(tmpdir(), 'drover-hosts-'));
    stack.defer(() => rm(folders, { recursive: true, force: true }));
    await makeBootFiles(images);
    if (pki !== undefined) await cp(pki, join(folders, 'pki'), { recursive: true });
    const network = `drover-contract-${randomUUID().slice(0, 8)}`;
    await docker('network', 'create', '--internal', network);
    stack.defer(async () => void (await docker('network', 'rm', network)));
    const start = async (name: string): Promise<MigrationHost> => {
      // libvirtd does not start without.
      await mkdir(join(folders, name, 'migration-tls'), { recursive: true });
      const daemon = stack.use(
        await startLibvirtd({
          hypervisor: true,
          network,
          folder: join(folders, name),
          config: 'max_client_requests = 20\n',
          qemuConfig: [
            `migrate_tls_x509_cert_dir = "/hosts/${pki === undefined ? `${name}/migration-tls` : 'pki'}"`,
            'migrate_tls_x509_verify = 1',
            'shared_filesystems = [ "/images" ]',
            '',
          ].join('\n'),
          containerOptions: [
            `--hostname=${name}`,
            `--volume=${images}:/images`,
            `--volume=${folders}:/hosts`,
          ],
        }),
      );
      const libvirt = stack.use(
        await connect({ uri: 'qemu:///system', socketPath: daemon.socketPath }),
      );
      const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
      const address = await docker('inspect', '--format', format, daemon.container);
      const uri = `qemu+unix:///system?socket=/hosts/${name}/libvirt-sock`;
      return { name, daemon, libvirt, address, uri };
    };
    const one = await start('one');
    const two = await start('two');
    const owned = stack.move();
    return { one, two, images, [Symbol.asyncDispose]: () => owned.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}
