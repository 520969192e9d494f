/**
 * What a message is made of, in short: `i u h H d` are numbers (int, unsigned, and both of 64 bits, double),
 * `s` a string, `o` bytes, `p` a typed parameter; `x?` may be missing, `x<n>` is a list of at most n,
 * `x[n]` of exactly n, and what stands in brackets is one struct.
 */
import type { Codec } from '../src/xdr/codec.ts';

export function layoutOf(codec: Codec<unknown>): string {
  const layout = inner(codec);
  return codec.shape.kind === 'struct' ? layout.slice(1, -1) : layout;
}

function inner({ shape }: Codec<unknown>): string {
  switch (shape.kind) {
    case 'none':
      return '';
    // On the wire libvirt's truth values are ints.
    case 'bool':
    case 'i32':
      return 'i';
    case 'u32':
      return 'u';
    case 'i64':
      return 'h';
    case 'u64':
      return 'H';
    case 'double':
      return 'd';
    case 'typedParam':
      return 'p';
    case 'string':
      return 's';
    case 'opaqueVar':
      return `o<${shape.max}>`;
    case 'opaqueFixed':
      return `o[${shape.length}]`;
    case 'charArray':
      return `i[${shape.length}]`;
    case 'array':
      return `${inner(shape.item)}<${shape.max}>`;
    case 'optional':
      return `${inner(shape.item)}?`;
    case 'struct':
      return `(${Object.values(shape.fields).map(inner).join(' ')})`;
    case 'mapped':
      return inner(shape.wire);
  }
}

/** Structs that stand alone are their fields: the same bytes in another notation. */
export function flat(layout: string): string {
  const characters = layout.split('');
  const opened: number[] = [];
  const dropped = new Set<number>();
  for (const [at, character] of characters.entries()) {
    if (character === '(') opened.push(at);
    if (character !== ')') continue;
    const begin = opened.pop();
    if (begin === undefined || '<?['.includes(characters[at + 1] ?? ' ')) continue;
    dropped.add(begin).add(at);
  }
  return characters.filter((_, at) => !dropped.has(at)).join('');
}
