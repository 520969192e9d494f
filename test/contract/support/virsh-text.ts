/**
 * What virsh prints, as values. Its formats are old and stable; what is one thing here is one thing there.
 */
export type Told = Readonly<Record<string, string>>;

/** `key=value` lines of one domain. */
export function keyValues(text: string): Told {
  const pairs = [...text.matchAll(/^\s*([^\s=]+)=(.*)$/gm)];
  return Object.fromEntries(pairs.map((pair) => [pair[1] ?? '', pair[2] ?? '']));
}

/** `Name:   value` lines. */
export function labelled(text: string): Told {
  const pairs = [...text.matchAll(/^\s*(.+?)\s*:\s+(.*?)\s*$/gm)];
  return Object.fromEntries(pairs.map((pair) => [pair[1] ?? '', pair[2] ?? '']));
}

/** `name value` lines. */
export function pairs(text: string): Told {
  const found = [...text.matchAll(/^(\S+)\s+(\S+)\s*$/gm)];
  return Object.fromEntries(found.map((pair) => [pair[1] ?? '', pair[2] ?? '']));
}

/** Lines that are not empty, sorted. */
export function lines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .toSorted();
}
