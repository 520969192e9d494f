/**
 * The XML of networks, secrets, snapshots, checkpoints, backups, and a host's devices and interfaces, read into what a manager asks of them.
 */
import { describe, expect, it } from 'vitest';
import {
  readBackup,
  readCheckpoint,
  readHostInterface,
  readNetwork,
  readNodeDevice,
  readSecret,
  readSnapshot,
  XmlError,
} from '../src/index.ts';
import { thrownBy } from './support.ts';

describe('a network', () => {
  it('tells where it goes and who gets which address', () => {
    const xml = `<network connections='1'>
      <name>lan</name><uuid>0F3A6C1E-5D2B-4B7A-9C7E-2F6D1A8E4B30</uuid>
      <forward mode='route'/><bridge name='virbr1' stp='on' delay='0'/><mtu size='9000'/>
      <ip address='192.0.2.1' netmask='255.255.255.0'>
        <dhcp>
          <range start='192.0.2.10' end='192.0.2.99'/>
          <host mac='52:54:00:AA:00:01' name='web' ip='192.0.2.5'/>
        </dhcp>
      </ip>
      <ip family='ipv6' address='2001:db8::1' prefix='64'/>
      <portgroup name='fast'/>
    </network>`;
    expect(readNetwork(xml)).toEqual({
      uuid: '0f3a6c1e-5d2b-4b7a-9c7e-2f6d1a8e4b30',
      name: 'lan',
      bridge: 'virbr1',
      forwardMode: 'route',
      mtu: 9000,
      addresses: [
        {
          address: '192.0.2.1',
          family: 'ipv4',
          netmask: '255.255.255.0',
          dhcpRanges: [{ start: '192.0.2.10', end: '192.0.2.99' }],
          dhcpHosts: [{ mac: '52:54:00:aa:00:01', name: 'web', address: '192.0.2.5' }],
        },
        { address: '2001:db8::1', family: 'ipv6', prefix: 64, dhcpRanges: [], dhcpHosts: [] },
      ],
      portGroups: ['fast'],
    });
  });

  it('that says no more of its way out is NAT, and that has none goes nowhere', () => {
    expect(readNetwork('<network><name>a</name><forward/></network>').forwardMode).toBe('nat');
    expect(readNetwork('<network><name>a</name></network>')).not.toHaveProperty('forwardMode');
  });
});

it('a secret tells what it is for, and whether it can be read back', () => {
  const xml = `<secret ephemeral='no' private='yes'>
    <uuid>0f3a6c1e-5d2b-4b7a-9c7e-2f6d1a8e4b30</uuid><description>for disks</description>
    <usage type='volume'><volume>/pool/a.qcow2</volume></usage>
  </secret>`;
  expect(readSecret(xml)).toEqual({
    uuid: '0f3a6c1e-5d2b-4b7a-9c7e-2f6d1a8e4b30',
    description: 'for disks',
    isEphemeral: false,
    isPrivate: true,
    usage: 'volume',
    usageId: '/pool/a.qcow2',
  });
});

it('a snapshot tells what it holds and what it comes from', () => {
  const xml = `<domainsnapshot>
    <name>before</name><state>running</state><creationTime>1700000000</creationTime>
    <parent><name>first</name></parent><memory snapshot='external' file='/m'/>
    <disks>
      <disk name='vda' snapshot='external' type='file'><source file='/pool/a.before'/></disk>
      <disk name='sda' snapshot='no'/>
    </disks>
    <domain><name>not-this</name></domain>
  </domainsnapshot>`;
  expect(readSnapshot(xml)).toEqual({
    name: 'before',
    parent: 'first',
    state: 'running',
    createdAt: new Date(1_700_000_000_000),
    memory: 'external',
    disks: [
      { target: 'vda', kind: 'external', path: '/pool/a.before' },
      { target: 'sda', kind: 'no' },
    ],
  });
});

it('a device of the host tells where it is and what it has to go with', () => {
  const xml = `<device>
    <name>pci_0000_3b_00_1</name><path>/sys/devices/x</path><parent>pci_0000_3a_00_0</parent>
    <driver><name>ixgbe</name></driver>
    <capability type='pci'>
      <domain>0</domain><bus>59</bus><slot>0</slot><function>1</function>
      <product id='0x10fb'>82599</product><vendor id='0x8086'>Intel</vendor>
      <iommuGroup number='31'><address domain='0x0000' bus='0x3b' slot='0x00' function='0x1'/></iommuGroup>
      <numa node='1'/>
    </capability>
  </device>`;
  expect(readNodeDevice(xml)).toEqual({
    name: 'pci_0000_3b_00_1',
    parent: 'pci_0000_3a_00_0',
    driver: 'ixgbe',
    path: '/sys/devices/x',
    kinds: ['pci'],
    pci: {
      address: '0000:3b:00.1',
      vendor: 'Intel',
      product: '82599',
      iommuGroup: 31,
      numaCell: 1,
    },
  });
});

it.each([readNetwork, readSecret, readSnapshot, readNodeDevice])(
  '%o refuses what is something else',
  (read) => {
    expect(thrownBy(() => read('<domain/>'))).toBeInstanceOf(XmlError);
  },
);

it('a checkpoint tells since when, and which disks’ changes it records', () => {
  const xml = `<domaincheckpoint>
    <name>monday</name><parent><name>sunday</name></parent><creationTime>1700000000</creationTime>
    <disks>
      <disk name='vda' checkpoint='bitmap' bitmap='monday' size='65536'/>
      <disk name='vdb' checkpoint='no'/>
    </disks>
  </domaincheckpoint>`;
  expect(readCheckpoint(xml)).toEqual({
    name: 'monday',
    parent: 'sunday',
    createdAt: new Date(1_700_000_000_000),
    disks: [
      { target: 'vda', kind: 'bitmap', bitmap: 'monday', changedBytes: 65_536 },
      { target: 'vdb', kind: 'no' },
    ],
  });
});

describe('a backup', () => {
  it('that is pulled tells where from', () => {
    const xml = `<domainbackup mode='pull'>
      <incremental>monday</incremental>
      <server transport='tcp' name='192.0.2.1' port='10809'/>
      <disks>
        <disk name='vda' backup='yes' type='file' exportname='vda' exportbitmap='backup-vda'>
          <driver type='qcow2'/><scratch file='/pool/scratch'/>
        </disk>
        <disk name='vdb' backup='no'/>
      </disks>
    </domainbackup>`;
    expect(readBackup(xml)).toEqual({
      mode: 'pull',
      incremental: 'monday',
      server: { address: '192.0.2.1', port: 10_809 },
      disks: [
        {
          target: 'vda',
          included: true,
          path: '/pool/scratch',
          format: 'qcow2',
          exportName: 'vda',
          exportBitmap: 'backup-vda',
        },
        { target: 'vdb', included: false },
      ],
    });
  });

  it('that is pushed tells where to', () => {
    const disk = "<disk name='vda' type='block'><target dev='/dev/sdz'/></disk>";
    expect(readBackup(`<domainbackup mode='push'><disks>${disk}</disks></domainbackup>`)).toEqual({
      mode: 'push',
      disks: [{ target: 'vda', included: true, path: '/dev/sdz' }],
    });
  });
});

describe('an interface of the host', () => {
  it('that is a bridge tells what it is made of', () => {
    const xml = `<interface type='bridge' name='br0'>
      <mac address='52:54:00:AA:00:01'/><mtu size='9000'/>
      <protocol family='ipv4'><ip address='192.0.2.1' prefix='24'/></protocol>
      <protocol family='ipv6'><ip address='2001:db8::1'/></protocol>
      <bridge><interface type='ethernet' name='eno1'><link speed='10000' state='up'/></interface></bridge>
    </interface>`;
    expect(readHostInterface(xml)).toEqual({
      type: 'bridge',
      name: 'br0',
      mac: '52:54:00:aa:00:01',
      mtu: 9000,
      addresses: ['192.0.2.1/24', '2001:db8::1'],
      members: ['eno1'],
    });
  });

  it('that is a VLAN tells its number, and what it is on', () => {
    const xml = `<interface type='vlan' name='eno1.42'><link speed='1000' state='up'/>
      <vlan tag='42'><interface name='eno1'/></vlan></interface>`;
    expect(readHostInterface(xml)).toEqual({
      type: 'vlan',
      name: 'eno1.42',
      linkState: 'up',
      linkMbps: 1000,
      addresses: [],
      members: [],
      vlan: { tag: 42, parent: 'eno1' },
    });
  });
});

it.each([
  ['checkpoint', readCheckpoint],
  ['backup', readBackup],
  ['interface', readHostInterface],
])('what is no %s is refused', (_, read) => {
  expect(thrownBy(() => read('<domain/>'))).toBeInstanceOf(XmlError);
});
