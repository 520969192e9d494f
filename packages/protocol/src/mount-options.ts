/**
 * Options of an NFS mount that a person may set, and why others are refused: a pool whose locks do not reach the
 * server, or whose writes fail while the server is only slow, harms VMs. `hard` and the version are Drover's own.
 */

const sizes = /^(4096|8192|16384|32768|65536|131072|262144|524288|1048576|2097152|4194304)$/;
const seconds = /^[0-9]{1,5}$/;

/** By name: what its value has to look like; `undefined`: it has none. */
const allowed: Readonly<Record<string, RegExp | undefined>> = {
  rsize: sizes,
  wsize: sizes,
  nconnect: /^([1-9]|1[0-6])$/,
  timeo: /^[1-9][0-9]{0,4}$/,
  retrans: /^[1-9][0-9]?$/,
  sec: /^(sys|krb5|krb5i|krb5p)$/,
  proto: /^(tcp|tcp6|rdma)$/,
  port: /^[1-9][0-9]{0,4}$/,
  acregmin: seconds,
  acregmax: seconds,
  acdirmin: seconds,
  acdirmax: seconds,
  actimeo: seconds,
  lookupcache: /^(pos|positive|none)$/,
  ac: undefined,
  noac: undefined,
  noatime: undefined,
  nodiratime: undefined,
  relatime: undefined,
  sharecache: undefined,
  nosharecache: undefined,
};

const failsWrites = 'a server that is only slow would fail writes of VMs, and damage their disks';
const ownLocks =
  'locks would be this host’s own: nothing would keep a second copy of a VM off its disk';
const ours = 'Drover sets it itself';

const refused: Readonly<Record<string, string>> = {
  soft: failsWrites,
  softerr: failsWrites,
  softreval: failsWrites,
  nolock: ownLocks,
  local_lock: ownLocks,
  hard: `${ours}: it always is`,
  vers: `${ours}, from the version of the pool`,
  nfsvers: `${ours}, from the version of the pool`,
  v3: `${ours}, from the version of the pool`,
  minorversion: `${ours}, from the version of the pool`,
  nocto: 'a file that another host has changed could be seen as it was',
  fsc: 'a file that another host has changed could be seen as it was',
  ro: 'VMs write to their pool',
  udp: 'it loses data under load; NFS 4 is TCP',
};

/** For people; nothing where the option may be set. */
export function mountOptionProblem(option: string): string | undefined {
  const at = option.indexOf('=');
  const name = at < 0 ? option : option.slice(0, at);
  const value = at < 0 ? undefined : option.slice(at + 1);
  if (name === 'lookupcache' && value === 'all') {
    return `${option} is refused: a file that another host has made could stay unseen; take lookupcache=pos`;
  }
  if (Object.hasOwn(refused, name)) return `${name} is refused: ${refused[name]}`;
  if (!Object.hasOwn(allowed, name)) {
    return `${name} is no option that may be set; these may: ${Object.keys(allowed).join(', ')}`;
  }
  const pattern = allowed[name];
  if (pattern === undefined) return value === undefined ? undefined : `${name} takes no value`;
  if (value === undefined) return `${name} needs a value: ${name}=…`;
  return pattern.test(value) ? undefined : `${name}=${value} is no value that ${name} takes`;
}

/** The first option that is wrong, or that is there twice. */
export function mountOptionsProblem(
  options: readonly string[],
): { readonly index: number; readonly message: string } | undefined {
  const seen = new Set<string>();
  for (const [index, option] of options.entries()) {
    const message = mountOptionProblem(option);
    if (message !== undefined) return { index, message };
    const name = option.split('=')[0] ?? '';
    if (seen.has(name)) return { index, message: `${name} is there twice` };
    seen.add(name);
  }
  return undefined;
}
