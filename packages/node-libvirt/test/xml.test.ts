/**
 * The XML builder cannot be talked into markup; the readers find what an agent needs.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  buildXml,
  childOf,
  element,
  metadataElement,
  parseXml,
  readDomain,
  readDomainCapabilities,
  readHostCapabilities,
  readPool,
  readVolume,
  textOf,
  XmlError,
} from '../src/index.ts';
import { thrownBy } from './support.ts';

const forbidden = (character: string) => {
  const code = character.codePointAt(0) ?? 0;
  const control = (code < 32 && code !== 9 && code !== 10) || (code >= 127 && code < 160);
  return control || code === 0xfffe || code === 0xffff || (code >= 0xd800 && code < 0xe000);
};
const legal = fc
  .string({ unit: 'binary', maxLength: 40 })
  .filter((text) => !Array.from(text).some(forbidden));

describe('the builder', () => {
  it('gives back any text and attribute as it was, and nothing more', () => {
    fc.assert(
      fc.property(legal, legal, (text, value) => {
        const xml = buildXml(element('a', { b: value }, [element('c', {}, [text])]));
        const parsed = parseXml(xml);
        expect(parsed.attributes).toEqual({ b: value });
        expect(parsed.children).toHaveLength(1);
        expect(childOf(parsed, 'c')?.children).toEqual(text === '' ? [] : [text]);
      }),
    );
  });

  it('keeps markup in values out of the markup', () => {
    const evil = '"/><source file="/etc/shadow"/><x y="';
    const xml = buildXml(element('disk', {}, [element('source', { file: evil }), ']]><evil/>']));
    const parsed = parseXml(xml);
    expect(parsed.children).toHaveLength(2);
    expect(childOf(parsed, 'source')?.attributes['file']).toBe(evil);
  });

  it('refuses characters that XML does not have, and says where', () => {
    const error = thrownBy(() => element('name', {}, ['vm\u0000']));
    expect(error).toBeInstanceOf(XmlError);
    expect(error).toMatchObject({ message: expect.stringContaining('in name: "vm\\u0000"') });
    expect(() => element('a', { b: '\u001b[0m' })).toThrow(XmlError);
    expect(() => element('a', {}, ['\ud800'])).toThrow(XmlError);
    expect(() => element('a', {}, ['a\rb'])).toThrow(XmlError);
    // Also when the value was made by hand.
    expect(() => buildXml({ name: 'a', attributes: {}, children: ['\u0001'] })).toThrow(XmlError);
  });

  it('refuses names that are none', () => {
    for (const name of ['', 'a b', '1a', 'a>', 'a:b:c', '<a', 'a/']) {
      expect(() => element(name)).toThrow(XmlError);
      expect(() => element('a', { [name]: 'x' })).toThrow(XmlError);
    }
  });

  it('leaves out what is undefined, and knows declared prefixes only', () => {
    expect(buildXml(element('a', { b: undefined, c: 0 }, [undefined]))).toBe('<a c="0"/>');
    const vm = element('d:vm', { 'xmlns:d': 'https://drover.example/vm' }, [element('d:id')]);
    expect(buildXml(element('metadata', {}, [vm]))).toBe(
      '<metadata><d:vm xmlns:d="https://drover.example/vm"><d:id/></d:vm></metadata>',
    );
    expect(() => buildXml(element('d:vm'))).toThrow(/undeclared prefix/);
  });
});

describe('the parser', () => {
  it('refuses what is not one plain document', () => {
    const bad = [
      '',
      'text',
      '<a>',
      '<a><b></a>',
      '<a/><b/>',
      '<a>&unknown;</a>',
      '<!DOCTYPE a [<!ENTITY x "y">]><a/>',
      '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    ];
    for (const text of bad) expect(thrownBy(() => parseXml(text))).toBeInstanceOf(XmlError);
    const deep = '<a>'.repeat(2000) + '</a>'.repeat(2000);
    expect(() => parseXml(deep)).toThrow(/deeper/);
  });

  it('meets any text with a value or an XmlError', () => {
    const piece = fc.constantFrom(
      '<a>',
      '</a>',
      '<b c="',
      '"',
      '/>',
      '&lt;',
      '<![CDATA[',
      ']]>',
      'x',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        const error = thrownBy(() => parseXml(pieces.join('')));
        expect(error === undefined || error instanceof XmlError).toBe(true);
      }),
    );
  });
});

const domainXml = `<domain type='kvm' id='3'>
  <name>vm-1</name>
  <uuid>6695EB01-F6A4-8304-79AA-97F2502E193F</uuid>
  <metadata>
    <other xmlns="http://other/">no</other>
    <d:vm xmlns:d="https://drover.example/vm"><d:generation>4</d:generation></d:vm>
  </metadata>
  <memory unit='GiB'>2</memory>
  <currentMemory unit='KiB'>1048576</currentMemory>
  <vcpu placement='static' current='2'>4</vcpu>
  <os><type arch='x86_64' machine='pc-q35-10.0'>hvm</type></os>
  <cpu mode='custom' match='exact'><model fallback='forbid'>EPYC</model></cpu>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none'/>
      <source file='/images/a.qcow2' index='1'/>
      <backingStore type='file'><source file='/images/base.qcow2'/></backingStore>
      <target dev='vda' bus='virtio'/>
      <serial>abc</serial>
    </disk>
    <disk type='network' device='disk'>
      <source protocol='nfs' name='/export/b.raw'><host name='nfs1' port='2049'/></source>
      <target dev='vdb' bus='virtio'/>
      <shareable/>
    </disk>
    <disk type='file' device='cdrom'><target dev='sda' bus='sata'/><readonly/></disk>
    <interface type='bridge'>
      <mac address='52:54:00:AA:BB:CC'/>
      <source bridge='br0'/>
      <target dev='vnet0'/>
      <model type='virtio'/>
    </interface>
    <hostdev mode='subsystem' type='pci'/>
  </devices>
</domain>`;

describe('the readers', () => {
  it('find identity, size, disks, network cards and metadata of a domain', () => {
    const domain = readDomain(domainXml);
    expect(domain).toMatchObject({
      type: 'kvm',
      uuid: '6695eb01-f6a4-8304-79aa-97f2502e193f',
      name: 'vm-1',
      memoryKib: 2_097_152,
      currentMemoryKib: 1_048_576,
      vcpus: 4,
      currentVcpus: 2,
      arch: 'x86_64',
      machine: 'pc-q35-10.0',
      cpuMode: 'custom',
      cpuModel: 'EPYC',
      hostDevices: [{ type: 'pci', managed: false }],
      disks: [
        {
          device: 'disk',
          target: 'vda',
          bus: 'virtio',
          source: { type: 'file', path: '/images/a.qcow2' },
          format: 'qcow2',
          cache: 'none',
          readOnly: false,
          shareable: false,
          serial: 'abc',
        },
        {
          target: 'vdb',
          source: {
            type: 'network',
            protocol: 'nfs',
            name: '/export/b.raw',
            hosts: [{ name: 'nfs1', port: 2049 }],
          },
          shareable: true,
        },
        { device: 'cdrom', source: { type: 'empty' }, readOnly: true },
      ],
      interfaces: [
        {
          type: 'bridge',
          mac: '52:54:00:aa:bb:cc',
          bridge: 'br0',
          target: 'vnet0',
          model: 'virtio',
        },
      ],
    });
    const ours = metadataElement(domain, 'https://drover.example/vm');
    expect(textOf(childOf(ours, 'd:generation'))).toBe('4');
    expect(metadataElement(domain, 'http://other/')?.name).toBe('other');
    expect(metadataElement(domain, 'http://nobody/')).toBeUndefined();
  });

  it('say what is wrong with a document that they cannot use', () => {
    expect(() => readDomain('<pool/>')).toThrow(/not a domain/);
    expect(() => readDomain(domainXml.replace("unit='GiB'>2", "unit='GiB'>much"))).toThrow(
      /memory/,
    );
    expect(() => readDomain(domainXml.replace('<name>vm-1</name>', ''))).toThrow(/name is missing/);
    expect(() => readPool('<volume/>')).toThrow(XmlError);
  });

  it('find a host’s NUMA cells, domain types and machines', () => {
    const host = readHostCapabilities(`<capabilities><host>
      <uuid>CC1A12C5-9ce7-4b4c-98dd-92618ebf7fa0</uuid>
      <cpu><arch>x86_64</arch><model>EPYC</model><vendor>AMD</vendor>
        <topology sockets='1' dies='1' cores='2' threads='1'/></cpu>
      <migration_features><live/></migration_features>
      <secmodel><model>apparmor</model><doi>0</doi></secmodel>
      <secmodel><model>dac</model><doi>0</doi><baselabel type='kvm'>+64055:+109</baselabel></secmodel>
      <topology><cells num='1'><cell id='0'><memory unit='KiB'>25000000</memory>
        <cpus num='2'><cpu id='0'/><cpu id='1'/></cpus></cell></cells></topology>
    </host><guest><os_type>hvm</os_type><arch name='x86_64'>
      <emulator>/usr/bin/qemu-system-x86_64</emulator>
      <machine maxCpus='255'>pc-q35-10.0</machine>
      <machine canonical='pc-q35-10.0' maxCpus='255'>q35</machine>
      <domain type='qemu'/><domain type='kvm'/></arch></guest></capabilities>`);
    expect(host).toEqual({
      hostUuid: 'cc1a12c5-9ce7-4b4c-98dd-92618ebf7fa0',
      arch: 'x86_64',
      cpuModel: 'EPYC',
      cpuVendor: 'AMD',
      topology: { sockets: 1, dies: 1, cores: 2, threads: 1 },
      cells: [{ id: 0, memoryKib: 25_000_000, cpus: [0, 1] }],
      liveMigration: true,
      user: { uid: 64055, gid: 109 },
      vmKinds: [
        {
          osType: 'hvm',
          arch: 'x86_64',
          emulators: ['/usr/bin/qemu-system-x86_64'],
          domainTypes: ['qemu', 'kvm'],
          machines: [
            { name: 'pc-q35-10.0', maxCpus: 255 },
            { name: 'q35', canonical: 'pc-q35-10.0', maxCpus: 255 },
          ],
        },
      ],
    });
  });

  it('turn the host-model CPU into one that a baseline can be made of', () => {
    const caps = readDomainCapabilities(`<domainCapabilities>
      <path>/usr/bin/qemu-system-x86_64</path><domain>kvm</domain>
      <machine>pc-q35-10.0</machine><arch>x86_64</arch><vcpu max='255'/>
      <cpu><mode name='host-passthrough' supported='yes'/>
        <mode name='host-model' supported='yes'><model fallback='forbid'>EPYC</model>
          <feature policy='require' name='acpi'/></mode>
        <mode name='custom' supported='yes'><model usable='yes'>qemu64</model>
          <model usable='no'>phenom</model></mode></cpu></domainCapabilities>`);
    expect(caps).toMatchObject({
      domainType: 'kvm',
      machine: 'pc-q35-10.0',
      maxVcpus: 255,
      hostPassthrough: true,
      hostModel: true,
      hostModelName: 'EPYC',
      usableCpuModels: ['qemu64'],
    });
    expect(caps.hostModelCpu).toBe(
      '<cpu mode="custom" match="exact"><model fallback="forbid">EPYC</model>' +
        '<feature policy="require" name="acpi"/></cpu>',
    );
  });

  it('find where a pool comes from and how full it is', () => {
    const pool = readPool(`<pool type='netfs'><name>images</name>
      <uuid>dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566</uuid>
      <capacity unit='bytes'>1000</capacity><allocation unit='bytes'>400</allocation>
      <available unit='bytes'>600</available>
      <source><host name='nfs1'/><dir path='/export'/><format type='nfs'/><protocol ver='4.2'/></source>
      <target><path>/pools/images</path></target></pool>`);
    expect(pool).toEqual({
      type: 'netfs',
      name: 'images',
      uuid: 'dfe224cb-28fb-8dd0-c4b2-64eb3f0f4566',
      sourceHost: 'nfs1',
      sourceDir: '/export',
      format: 'nfs',
      protocolVersion: '4.2',
      targetPath: '/pools/images',
      capacityBytes: 1000,
      allocationBytes: 400,
      availableBytes: 600,
    });
    const volume = readVolume(`<volume type='file'><name>a</name><key>/pools/images/a</key>
      <capacity unit='GiB'>1</capacity><target><path>/pools/images/a</path><format type='qcow2'/></target>
      <backingStore><path>/pools/images/base</path></backingStore></volume>`);
    expect(volume).toMatchObject({
      capacityBytes: 1_073_741_824,
      format: 'qcow2',
      backingPath: '/pools/images/base',
    });
  });
});
