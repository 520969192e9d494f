/** The text within a vmdk: it must be of a kind that is one file, stand on no parent, and have one extent, its own. */
import { shown } from './bytes.ts';
import { refuse } from './inspection.ts';

const oneFile = ['monolithicsparse', 'streamoptimized'];
const noParent = 'ffffffff';

export function checkDescriptor(padded: string): void {
  const zero = padded.indexOf('\0');
  const text = zero < 0 ? padded : padded.slice(0, zero);
  if (!text.startsWith('# Disk DescriptorFile')) {
    throw refuse('descriptor', `begins with ${shown(text.slice(0, 32))}`, '# Disk DescriptorFile');
  }
  const lines = text.split(/[\r\n]+/).map((line) => line.trim());
  const extents = lines.filter((line) => /^(rw|rdonly|noaccess)\s/i.test(line));
  const names = extents.map(shown).join('; ');
  if (extents.length !== 1) throw refuse('other-files', names || 'no extent', 'one extent');
  if (!/^rw\s+\d+\s+sparse\s+"[^"]*"$/i.test(extents[0] ?? '')) {
    throw refuse('other-files', names, 'one sparse extent');
  }
  // What is said twice could be read in two ways.
  const type = only(lines, 'createType');
  if (!oneFile.includes(type.toLowerCase())) {
    throw refuse('other-files', shown(type || 'no createType'), oneFile.join(', '));
  }
  const parent = only(lines, 'parentCID');
  // QEMU finds it anywhere, in a comment too.
  const hint = /parentfilenamehint.*/i.exec(text)?.[0];
  if (hint !== undefined) throw refuse('parent-disk', shown(hint));
  if (parent !== '' && parent.toLowerCase() !== noParent) {
    throw refuse('parent-disk', shown(`parentCID ${parent}`));
  }
}

function only(lines: readonly string[], key: string): string {
  const values = lines.flatMap((line) => {
    const [name = '', value] = line.split(/=(.*)/s);
    const isIt = name.trim().toLowerCase() === key.toLowerCase() && value !== undefined;
    return isIt ? [value.trim().replace(/^"(.*)"$/, '$1')] : [];
  });
  if (values.length > 1) throw refuse('descriptor', `says ${key} ${values.length} times`, 'once');
  return values[0] ?? '';
}
