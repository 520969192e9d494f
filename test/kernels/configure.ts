/**
 * What each machine becomes when it boots: a host with libvirt and our agent under its systemd unit, or the NFS server. It
 * finds that in the folder that it has as `/etc/drover`; secrets and the agent's file come from the lab's own.
 */
import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { docker, type LabSettings } from '@drover/deploy/lab';
import { parse, stringify } from 'yaml';

export const poolPath = '/var/lib/drover/pools/vms';
export const exportPath = '/export/vms';
/** QEMU's user on Debian, whom the server takes root for. */
const qemuUser = 64055;
/** knfsd's own default. */
export const nfsLeaseSeconds = 90;

export const libvirtLog = '/var/log/libvirt/libvirtd.log';

export const machineNames = ['nfs', 'h1', 'h2'] as const;

/** `addresses`: of everything that machines call by name. */
export async function configureMachines(
  settings: LabSettings,
  addresses: Readonly<Record<string, string>>,
): Promise<void> {
  const { stateFolder } = settings;
  await makeKey(join(stateFolder, 'console'));
  for (const name of machineNames) {
    const folder = join(stateFolder, name);
    await mkdir(folder, { recursive: true });
    await copyFile(join(stateFolder, 'console', 'key.pub'), join(folder, 'authorized_keys'));
    const hosts = Object.entries(addresses).map(([one, address]) => `${address} ${one}\n`);
    await writeFile(join(folder, 'hosts'), `127.0.0.1 localhost\n${hosts.join('')}`);
    await writeFile(join(folder, 'become'), name === 'nfs' ? nfsServer : host);
    if (name !== 'nfs') await measureTheHost(join(folder, 'agent.yaml'));
  }
  await copyTinyImage(join(stateFolder, 'nfs'));
}

/** A key for this run alone, and how ssh uses it: no host of these is ever met again. */
async function makeKey(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const made = await readFile(join(folder, 'key.pub')).catch(() => undefined);
  if (made === undefined) {
    const make = ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', '/made/key'];
    await docker(['run', '--rm', '--volume', `${folder}:/made`, 'drover-lab/machine', ...make]);
  }
  await writeFile(join(folder, 'ssh_config'), sshConfig);
  await chmod(join(folder, 'key'), 0o600);
}

const sshConfig = `
User root
IdentityFile /etc/drover/key
StrictHostKeyChecking no
UserKnownHostsFile /dev/null
LogLevel ERROR
ConnectTimeout 5
ServerAliveInterval 5
ServerAliveCountMax 3
ControlMaster auto
ControlPath /run/ssh-%h
ControlPersist yes
`;

/** The lab's containers are lent a share of one machine; these have memory and processors of their own. */
async function measureTheHost(path: string): Promise<void> {
  const { capacity: _, ...config } = parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  const reserved = { memoryMib: 512, cpuMilli: 0 };
  const measured = { ...config, reserved, libvirt: {}, labels: {} };
  await writeFile(path, stringify(measured), { mode: 0o600 });
}

async function copyTinyImage(folder: string): Promise<void> {
  const copy = ['cp', '/out/tiny.qcow2', '/to/tiny.qcow2'];
  await docker(['run', '--rm', '--volume', `${folder}:/to`, 'drover-lab/tiny', ...copy]);
}

const host = `
cp /etc/drover/hosts /etc/hosts
# libvirt does not start where the folder of a setting is missing.
install -d -m 0711 /var/lib/drover /var/lib/drover/agent /var/lib/drover/agent/migration-tls
cat > /etc/libvirt/qemu.conf <<C
migrate_tls_x509_cert_dir = "/var/lib/drover/agent/migration-tls"
migrate_tls_x509_verify = 1
keepalive_interval = 2
C
# With the flags that libvirt migrates by.
cat > /etc/libvirt/libvirtd.conf <<C
host_uuid = "$(cat /etc/drover/host-uuid)"
log_filters = "1:qemu.qemu_migration"
log_outputs = "1:file:${libvirtLog}"
C
cp /opt/drover/deploy/systemd/drover-agent.service /etc/systemd/system/
systemctl daemon-reload
systemctl start --no-block libvirtd.service drover-agent.service ssh.service
echo yes > /run/machine-is-up
`;

const nfsServer = `
cp /etc/drover/hosts /etc/hosts
install -d -m 0770 -o ${qemuUser} -g ${qemuUser} ${exportPath}
[ -e ${exportPath}/tiny.qcow2 ] || install -m 0644 -o ${qemuUser} -g ${qemuUser} /etc/drover/tiny.qcow2 ${exportPath}/
# Clones name what they are a clone of by the path that hosts have.
mkdir -p ${join(poolPath, '..')}
ln -sfn ${exportPath} ${poolPath}
echo "${exportPath} *(rw,sync,no_subtree_check,root_squash,anonuid=${qemuUser},anongid=${qemuUser})" > /etc/exports
cat > /etc/nfs.conf <<C
[nfsd]
vers3=n
vers4.0=n
threads=8
lease-time=${nfsLeaseSeconds}
grace-time=${nfsLeaseSeconds}
C
systemctl start --no-block nfs-server.service ssh.service
echo yes > /run/machine-is-up
`;
