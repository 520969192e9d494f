/**
 * The tour of `npm start`: six VMs and one with its disk behind the wire are placed, one host is drained live
 * while a TCP connection to one of its VMs stays open. Everything that it reports is measured. A second tour
 * finds its VMs in place, and only looks; at no VM of anybody else.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { api } from '@drover/protocol';
import { hold } from './held-connection.ts';
import type { Lab } from './lab.ts';
import type { Narrator } from './narrator.ts';
import { addressOf, askCounter, runningOn } from './referee.ts';
import { TourApi, until } from './tour-api.ts';

export interface TourResult {
  readonly hosts: number;
  readonly vms: number;
  readonly moved: number;
  /** VMs that do not run, or run in another boot than before. */
  readonly stopped: number;
  readonly drainSeconds: number;
  readonly longestGapMs: number;
  readonly connectionSurvived: boolean;
  readonly apiUrl: string;
  readonly pool: 'nfs' | 'shared';
  readonly accelerator: string;
  /** The host that was drained, and how many VMs its own libvirt still runs. */
  readonly drainedHost: string;
  readonly leftOnDrainedHost: number;
  /** It was drained by an earlier tour; what is on it by now is what somebody put there since. */
  readonly isDrainedBefore: boolean;
}

type Drained = Pick<
  TourResult,
  'moved' | 'drainSeconds' | 'longestGapMs' | 'connectionSurvived' | 'drainedHost'
>;
/** What the first tour measured, kept in the lab's state folder. */
interface Memory extends Drained {
  readonly boots: Readonly<Record<string, string>>;
}

const names = ['web-1', 'web-2', 'web-3', 'db-1', 'db-2', 'cache-1'] as const;
const wireName = 'wire-1';

/** VMs that somebody has made since are theirs: they may be off, or have an address that nobody here knows. */
const ofTour: ReadonlySet<string> = new Set([...names, wireName]);
const isOfTour = ({ name }: api.VmBody): boolean => ofTour.has(name);

export async function tour(lab: Lab, tell: Narrator): Promise<TourResult> {
  const asks = new TourApi(lab);
  await lab.ready();
  const hosts = await until('three hosts report', 90_000, async () => {
    const seen = await asks.hosts();
    const heard = seen.filter((host) => !['suspect', 'down'].includes(host.state));
    return heard.length === lab.hosts.length ? seen : undefined;
  });
  tell.part('Hosts');
  for (const host of hosts) tell.step(describeHost(host));
  tell.detail(acceleratorText(hosts));

  const remembered = await recall(lab);
  await declarePools(lab, asks, tell);
  tell.part('VMs');
  const made = await placeAll(lab, asks, tell);
  tell.step('waiting until each of them has booted and counts on TCP');
  const boots = await readBoots(asks);

  const old = made === 0 ? remembered : undefined;
  const drained = old ?? (await drain(lab, asks, tell));
  if (old) tell.step(`nothing to do: ${old.drainedHost} was drained by an earlier tour`);

  const before = old?.boots ?? boots;
  const after = await readBoots(asks, 'report');
  const stopped = Object.keys(before).filter((name) => after[name] !== before[name]);
  for (const name of stopped) {
    const fate = after[name] === undefined ? 'does not answer' : 'is in another boot than before';
    tell.step(`${name} ${fate}`);
  }
  const left = await runningOn(lab, drained.drainedHost);
  await writeFile(memoryPath(lab), JSON.stringify({ ...pick(drained), boots: before }));
  return {
    hosts: hosts.length,
    vms: Object.keys(after).length,
    ...pick(drained),
    stopped: stopped.length,
    apiUrl: lab.apiUrl,
    pool: lab.settings.pool,
    accelerator: hosts.every((host) => host.accelerator === 'kvm') ? 'kvm' : 'tcg',
    leftOnDrainedHost: left.length,
    isDrainedBefore: old !== undefined,
  };
}

function pick(drained: Drained): Drained {
  const { moved, drainSeconds, longestGapMs, connectionSurvived, drainedHost } = drained;
  return { moved, drainSeconds, longestGapMs, connectionSurvived, drainedHost };
}

function describeHost(host: api.HostBody): string {
  const { memoryMib, cpuMilli } = host.allocatable;
  const cpus = (cpuMilli / 1000).toFixed(0);
  return (
    `${host.id} is ${host.state}: ${memoryMib} MiB and ${cpus} vCPUs to give, ` +
    `libvirt ${host.libvirtVersion}, QEMU ${host.qemuVersion}`
  );
}

/** Once for all hosts: they are containers of one machine. */
function acceleratorText(hosts: readonly api.HostBody[]): string {
  const slow = hosts.find((host) => host.accelerator !== 'kvm');
  if (slow === undefined) return 'VMs run under KVM';
  return `VMs run under emulation (${slow.accelerator}), which is slower: ${slow.acceleratorReason}`;
}

async function declarePools(lab: Lab, asks: TourApi, tell: Narrator): Promise<void> {
  for (const pool of lab.pools) await asks.send('POST', '/v1/pools', pool, [201, 409]);
  await until('every host reaches the pool vms', 90_000, async () => {
    const reached = (await asks.hosts()).filter((host) =>
      host.pools.some((pool) => pool.name === 'vms' && pool.state === 'active'),
    );
    return reached.length === lab.hosts.length ? true : undefined;
  });
  tell.step(
    lab.settings.pool === 'nfs'
      ? 'pool vms: the lab’s NFS export, mounted by every host (NFSv4.1)'
      : 'pool vms: a volume that every host has at the same path (this kernel has no NFS client)',
  );
  tell.step('pool wire: the lab’s NFS export through QEMU’s own client, no mount, no locks');
}

/** Returns how many VMs were made; those that exist stay as they are. */
async function placeAll(lab: Lab, asks: TourApi, tell: Narrator): Promise<number> {
  const there = new Set((await asks.vms()).map((vm) => vm.name));
  const tiny = { pool: 'vms', image: 'tiny.qcow2' };
  const wire = { pool: 'wire', volume: 'wire.raw', format: 'raw' };
  const wanted = [...names.map((name) => ({ name, disk: tiny })), { name: wireName, disk: wire }];
  let made = 0;
  for (const [index, { name, disk }] of wanted.entries()) {
    if (there.has(name)) continue;
    const networks = [{ bridge: 'br-guest', mac: lab.macFor(1, index + 1) }];
    const spec = { vcpus: 1, memoryMib: 128, disks: [disk], networks };
    await place(asks, tell, name, spec);
    made += 1;
  }
  if (made === 0) tell.step(`all ${wanted.length} are there`);
  return made;
}

async function place(asks: TourApi, tell: Narrator, name: string, spec: object): Promise<void> {
  const started = performance.now();
  const [answer] = (
    await asks.send<{ items: api.PlacementBody[] }>('POST', '/v1/placements', { spec })
  ).items;
  const created = await asks.send<api.VmCreated>('POST', '/v1/vms', { name, spec });
  if (created.operation) await asks.succeeded(created.operation);
  const vm = await asks.send<api.VmBody>('GET', `/v1/vms/${name}`);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  tell.step(`${name} runs on ${vm.hostId} after ${seconds} s`);
  // Asked a moment before: load may have made another host the best since, and then these are not the reasons.
  if (answer?.hostId === vm.hostId && answer?.sentences[0] !== undefined)
    tell.detail(answer.sentences[0]);
}

/**
 * Boot ids of all VMs, by name. One that does not answer is an error, or, where a report of it is wanted,
 * just missing.
 */
async function readBoots(
  asks: TourApi,
  silence: 'error' | 'report' = 'error',
): Promise<Readonly<Record<string, string>>> {
  const boots: Record<string, string> = {};
  for (const vm of (await asks.vms()).filter(isOfTour)) {
    const address = addressOf(vm.macs[0] ?? '');
    try {
      const counts = () => askCounter(address);
      boots[vm.name] = (await until(`${vm.name} answers at ${address}`, 90_000, counts)).boot;
    } catch (error) {
      if (silence === 'error') throw error;
    }
  }
  return boots;
}

async function drain(lab: Lab, asks: TourApi, tell: Narrator): Promise<Drained> {
  const vms = await asks.vms();
  const host = fullest(lab, vms);
  tell.part(`Draining ${host}`);
  const path = `/v1/hosts/${host}/drain`;
  const plan = await asks.send<api.DrainPlanBody>('POST', `${path}?dryRun=true`, {});
  tell.step(
    `the plan: ${counted(plan.moves.length, 'move')} in ${counted(plan.waves.length, 'wave')}, about ${plan.estimatedSeconds} s`,
  );
  for (const move of plan.moves) tell.detail(`${move.vmName} → ${move.target}: ${move.reason}`);
  for (const blocker of plan.blockers) tell.detail(`${blocker.vmName} stays: ${blocker.remedy}`);

  const witness = vms.find((vm) => vm.hostId === host && isOfTour(vm) && vm.name !== wireName);
  const address = addressOf(witness?.macs[0] ?? '');
  const held = await hold(address);
  tell.step(`a TCP connection to ${witness?.name} (${address}:7000) is open and stays open`);
  const started = performance.now();
  const operation = await asks.send<api.OperationBody>('POST', path, {
    plan: plan.moves.map(({ vmId, target }) => ({ vmId, target })),
  });
  const ended = await follow(asks, tell, operation);
  const drainSeconds = Math.round((performance.now() - started) / 100) / 10;
  const settled = held.lines() + 10;
  await until('the connection goes on after the drain', 30_000, async () =>
    held.lines() >= settled ? true : undefined,
  );
  const { longestGapMs, broken } = await held.end();
  const moved = ended.items?.filter((item) => item.state === 'moved').length ?? 0;
  tell.step(`${host} is drained: ${moved} VMs moved in ${drainSeconds} s`);
  return {
    moved,
    drainSeconds,
    longestGapMs: Math.round(longestGapMs),
    connectionSurvived: !broken,
    drainedHost: host,
  };
}

function fullest(lab: Lab, vms: readonly api.VmBody[]): string {
  const count = (host: string) => vms.filter((vm) => vm.hostId === host).length;
  return lab.hosts.toSorted((a, b) => count(b) - count(a))[0] ?? '';
}

async function follow(
  asks: TourApi,
  tell: Narrator,
  operation: api.OperationBody,
): Promise<api.OperationBody> {
  const told = new Map<string, string>();
  const ended = await until('the drain ends', 300_000, async () => {
    const now = await asks.operation(operation.id);
    for (const item of now.items ?? []) {
      if (told.get(item.vmId) === item.state || item.state === 'waiting') continue;
      told.set(item.vmId, item.state);
      const why = item.reason === undefined ? '' : ` (${item.reason})`;
      tell.step(
        `${item.vmName} ${item.state === 'moving' ? 'moves' : item.state} → ${item.target ?? '?'}${why}`,
      );
    }
    return now.done ? now : undefined;
  });
  if (ended.state !== 'succeeded') {
    throw new Error(
      `the drain ended ${ended.state}: ${ended.error?.message ?? ended.reason ?? ''}`,
    );
  }
  return ended;
}

function memoryPath(lab: Lab): string {
  return join(lab.settings.stateFolder, 'tour.json');
}

async function recall(lab: Lab): Promise<Memory | undefined> {
  try {
    return JSON.parse(await readFile(memoryPath(lab), 'utf8')) as Memory;
  } catch {
    return undefined;
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
