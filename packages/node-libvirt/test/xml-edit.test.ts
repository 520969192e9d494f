/**
 * An editor that changes what it was told to, and not a byte more.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attributeOf,
  childOf,
  DomainEditor,
  element,
  parseXml,
  readDomain,
  textOf,
  type XmlElement,
  XmlEditor,
  XmlError,
} from '../src/index.ts';
import { thrownBy } from './support.ts';

/** As odd as a person may have written it. */
const text = `<?xml version="1.0"?>
<!-- by hand -->
<domain type='kvm'  id = "3">
  <name>web &amp; more</name>
\t<uuid>6695eb01-f6a4-8304-79aa-97f2502e193f</uuid>
  <metadata>
    <d:vm xmlns:d="https://drover.example/1" generation='3'/>
  </metadata>
  <memory unit='KiB'>1048576</memory>
  <currentMemory>1048576</currentMemory>
  <empty></empty><same/>
  <os><type arch='x86_64'>hvm</type></os>
  <description><![CDATA[a < b & "c"]]></description>
  <devices>
    <disk type='file' device='disk'>
      <source file="/images/a.qcow2"   index='1'/>
      <target dev='vda'/>
    </disk>
    <disk type='block' device='disk'>
      <source dev='/dev/old'/>
      <target dev='vdb'/>
    </disk>
    <disk type='file' device='cdrom'>
      <target dev='sda'/>
    </disk>
    <interface type='bridge'>
      <mac address='52:54:00:D5:01:02'/>
      <source bridge='br0'/>
    </interface>
    <graphics type='vnc' listen='0.0.0.0'>
      <listen type='address' address='0.0.0.0'/>
    </graphics>
  </devices>
</domain>
`;

describe('the editor', () => {
  it('that is told nothing gives back the same text', () => {
    expect(new XmlEditor(text).toString()).toBe(text);
  });

  it.each<[string, (xml: XmlEditor) => XmlEditor, string, string]>([
    [
      'a text',
      (xml) => xml.setText(['name'], 'a<b'),
      '<name>web &amp; more</name>',
      '<name>a&#60;b</name>',
    ],
    ['a text in CDATA', (xml) => xml.setText(['description'], 'x'), '<![CDATA[a < b & "c"]]>', 'x'],
    [
      'the text of an empty element',
      (xml) => xml.setText(['same'], 'x'),
      '<same/>',
      '<same>x</same>',
    ],
    ['an attribute in its quotes', (xml) => xml.setAttribute([], 'id', '4"'), '"3"', '"4&#34;"'],
    [
      'an attribute that was not there',
      (xml) => xml.setAttribute(['currentMemory'], 'unit', 'KiB'),
      '<currentMemory>',
      "<currentMemory unit='KiB'>",
    ],
    ['an attribute away', (xml) => xml.setAttribute([], 'id', undefined), `  id = "3"`, ''],
    [
      'an element away, with its line',
      (xml) => xml.remove(['memory']),
      "\n  <memory unit='KiB'>1048576</memory>",
      '',
    ],
    ['the first element of a line away', (xml) => xml.remove(['empty']), '<empty></empty>', ''],
    ['an element among others in a line away', (xml) => xml.remove(['same']), '<same/>', ''],
    [
      'a new element behind its siblings',
      (xml) => xml.append(['devices'], element('rng', { model: 'virtio' }, [element('backend')])),
      '</graphics>\n',
      '</graphics>\n    <rng model="virtio">\n      <backend/>\n    </rng>\n',
    ],
    [
      'a new element where there were none',
      (xml) => xml.append(['same'], element('a')),
      '<same/>',
      '<same><a/></same>',
    ],
    [
      'an element for another',
      (xml) => xml.replace(['os'], element('os', {}, [element('boot', { dev: 'hd' })])),
      "<os><type arch='x86_64'>hvm</type></os>",
      '<os>\n    <boot dev="hd"/>\n  </os>',
    ],
  ])('changes %s, and nothing else', (_, edit, before, after) => {
    expect(text.split(before)).toHaveLength(2);
    expect(edit(new XmlEditor(text)).toString()).toBe(text.replace(before, () => after));
  });

  it('keeps line ends as they are', () => {
    const dos = text.replaceAll('\n', '\r\n');
    const edited = new XmlEditor(dos).setText(['name'], 'x').toString();
    expect(edited).toBe(dos.replace('web &amp; more', 'x'));
  });

  it.each([
    ['an element that is not there', (xml: XmlEditor) => xml.setText(['nowhere', 'x'], 'y')],
    ['text in place of elements', (xml: XmlEditor) => xml.setText(['devices'], 'y')],
    ['the root away', (xml: XmlEditor) => xml.remove([])],
    ['a character that XML does not have', (xml: XmlEditor) => xml.setText(['name'], '\0')],
    ['a name that is none', (xml: XmlEditor) => xml.setAttribute([], 'a b', 'c')],
  ])('refuses %s, and stays as it was', (_, edit) => {
    const xml = new XmlEditor(text);
    expect(thrownBy(() => edit(xml))).toBeInstanceOf(XmlError);
    expect(xml.toString()).toBe(text);
  });

  it.each(['', '<a', '<a><b></a></b>', '<!DOCTYPE a><a/>', 'text', '<a/><b/>', '<a b=c/>'])(
    'refuses what is no XML: %s',
    (bad) => {
      expect(thrownBy(() => new XmlEditor(bad))).toBeInstanceOf(XmlError);
    },
  );
});

describe('any edit of any XML', () => {
  const name = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,5}$/);
  const content = fc
    .string({ unit: 'binary', maxLength: 12 })
    .map((value) => value.replace(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, ''));
  const quoted = content.map((value) =>
    value.replace(/[&<>'"]/g, (one) => `&#${one.codePointAt(0) ?? 0};`),
  );
  const gap = fc.constantFrom('', ' ', '\n', '\n  ', '<!-- <a> -->', '<?go on?>', '\r\n\t');
  const attributes = fc
    .uniqueArray(fc.tuple(name, quoted, fc.constantFrom("'", '"'), fc.constantFrom('=', ' = ')), {
      maxLength: 3,
      selector: ([own]) => own,
    })
    .map((all) =>
      all.map(([own, value, quote, is]) => ` ${own}${is}${quote}${value}${quote}`).join(''),
    );
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      fc.tuple(name, attributes).map(([own, all]) => `<${own}${all}/>`),
      fc
        .tuple(
          name,
          attributes,
          fc.array(fc.tuple(gap, tie('tree')), { maxLength: 3 }),
          gap,
          quoted,
        )
        .map(([own, all, children, end, words]) => {
          const inner = children.map(([before, child]) => before + child).join('');
          return `<${own}${all}>${inner}${end}${words}</${own}>`;
        }),
    ),
  }));

  /** Every element of it, as a path. */
  function paths(item: XmlElement): readonly (readonly ((other: XmlElement) => boolean)[])[] {
    const children = item.children.filter((child) => typeof child !== 'string');
    return [[], ...children.flatMap((child) => paths(child).map((rest) => [same(child), ...rest]))];
  }
  const same = (wanted: XmlElement) => (other: XmlElement) =>
    JSON.stringify(other) === JSON.stringify(wanted);

  it('leaves every byte outside of it, and says what it was told', () => {
    fc.assert(
      fc.property(tree, fc.nat(), content, (xml, pick, value) => {
        const editor = new XmlEditor(xml);
        expect(editor.toString()).toBe(xml);
        const all = paths(editor.root);
        const path = all[pick % all.length] ?? [];
        const edited = editor.setAttribute(path, 'edited', value).toString();
        expect(attributeOf(itemAt(parseXml(edited), path.length, value), 'edited')).toBe(value);
        // Taken away again, all is as before.
        const at = edited.indexOf(" edited='");
        const back = edited.slice(0, at) + edited.slice(edited.indexOf("'", at + 9) + 1);
        expect(back).toBe(xml);
      }),
      { numRuns: 300 },
    );
  });

  /** The edited element, wherever it is. */
  function itemAt(root: XmlElement, depth: number, value: string): XmlElement | undefined {
    if (attributeOf(root, 'edited') === value) return root;
    if (depth === 0) return undefined;
    for (const child of root.children) {
      const found = typeof child === 'string' ? undefined : itemAt(child, depth - 1, value);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  it('of a text gives the same text back', () => {
    fc.assert(
      fc.property(content, (value) => {
        const edited = new XmlEditor('<a>\n  <b/>\n</a>').setText(['b'], value).toString();
        expect(childOf(parseXml(edited), 'b')?.children.filter((one) => one !== '')).toEqual(
          value === '' ? [] : [value],
        );
      }),
    );
  });
});

describe('a domain', () => {
  it('is changed in what a migration’s destination has otherwise', () => {
    const edited = new DomainEditor(text)
      .setName('web-2')
      .setMemory(2_097_152)
      .setDiskSource('vda', '/other/a.qcow2')
      .setDiskSource('vdb', '/dev/new')
      .setDiskSource('sda', '/iso/b.iso')
      .setInterfaceSource('52:54:00:d5:01:02', { bridge: 'br7' })
      .setGraphicsListen('vnc', '10.0.0.2')
      .setCpu(element('cpu', { mode: 'custom' }, [element('model', {}, ['Nehalem'])]))
      .setMetadata(element('d:vm', { 'xmlns:d': 'https://drover.example/1', generation: 4 }))
      .setMetadata(element('o:x', { 'xmlns:o': 'https://other.example' }))
      .toString();
    const read = readDomain(edited);
    expect(read).toMatchObject({
      name: 'web-2',
      memoryKib: 2_097_152,
      currentMemoryKib: 2_097_152,
      cpuModel: 'Nehalem',
      disks: [
        { source: { path: '/other/a.qcow2' } },
        { source: { path: '/dev/new' } },
        { source: { path: '/iso/b.iso' } },
      ],
      interfaces: [{ bridge: 'br7' }],
    });
    expect(read.metadata).toHaveLength(2);
    const root = parseXml(edited);
    expect(attributeOf(childOf(root, 'metadata', 'd:vm'), 'generation')).toBe('4');
    expect(attributeOf(childOf(root, 'devices', 'graphics', 'listen'), 'address')).toBe('10.0.0.2');
    expect(textOf(childOf(root, 'description'))).toBe('a < b & "c"');
    // What stands where nothing was changed is as it was.
    expect(edited).toContain(`   index='1'/>`);
    expect(edited.startsWith('<?xml version="1.0"?>\n<!-- by hand -->\n')).toBe(true);
  });
});
