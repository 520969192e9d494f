/**
 * Defines, starts, looks at and takes away a domain: `node examples/start.ts [URI [TYPE]]`, such as
 * `qemu:///system kvm`.
 */
import { buildXml, connect, element, readDomain } from '../src/index.ts';

const [uri = 'test:///default', type = 'test'] = process.argv.slice(2);
await using libvirt = await connect(uri);

const xml = buildXml(
  element('domain', { type }, [
    element('name', {}, [`example-${process.pid}`]),
    element('title', {}, ['A <title> that stays text']),
    element('memory', { unit: 'MiB' }, ['64']),
    element('vcpu', {}, ['1']),
    element('os', {}, [element('type', {}, ['hvm'])]),
  ]),
);
const domain = await libvirt.domains.define(xml);
try {
  await domain.start();
  const { name, title, memoryKib, vcpus } = readDomain(await domain.xml());
  console.log({ name, title, memoryKib, vcpus, state: (await domain.state()).state });
  await domain.destroy();
} finally {
  await domain.undefine();
}
