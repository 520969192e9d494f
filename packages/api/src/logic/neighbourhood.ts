/**
 * Which addresses count as one where their connections and requests are counted: of IPv6 whoever has one address has the
 * 64 bits behind its prefix as well, and IPv4 stays what it is however it is written. A unix socket has no address.
 */
const mapped = /^::ffff:([0-9]+\.[0-9]+\.[0-9]+\.[0-9]+)$/i;
const prefixGroups = 4;
const allGroups = 8;

export function neighbourhoodOf(address: string | undefined): string {
  if (address === undefined) return 'this machine';
  const ipv4 = mapped.exec(address)?.[1];
  if (ipv4 !== undefined) return ipv4;
  if (!address.includes(':')) return address;
  const [text = ''] = address.split('%');
  const [before = '', after] = text.split('::');
  const groups = (part: string) => part.split(':').filter((group) => group !== '');
  const head = groups(before);
  const tail = groups(after ?? '');
  const zeros = Array.from({ length: allGroups - head.length - tail.length }, () => '0');
  const prefix = [...head, ...(after === undefined ? [] : zeros), ...tail].slice(0, prefixGroups);
  return `${prefix.map((group) => group.toLowerCase().replace(/^0+(?=.)/, '')).join(':')}::/64`;
}
