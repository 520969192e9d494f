/**
 * All pools of this host, as they are now. libvirt says which there are and where, the kernel what is mounted there, a
 * process of its own what their files answer. libvirt holds a pool while it waits for the pool's server, and with it the
 * list of all: so it is asked with little patience, and where it is silent, what it said last counts.
 */
import { namePattern, type Inventory } from '@drover/protocol';
import { type Libvirt, poolListFlag, readPool } from 'node-libvirt';
import { poolReport, type PoolThere } from '../logic/index.ts';
import type { HostFiles } from './host-files.ts';
import { mountOf, poolMountOf } from './mounts.ts';
import type { OurPools } from './our-pools.ts';
import type { QemuUser } from './pool-files.ts';
import type { PoolWatch } from './pool-watch.ts';

type ReportedPool = Inventory['pools'][number];

export interface PoolLookerParts {
  /** On a connection that is for pools alone. */
  readonly libvirt: () => Libvirt;
  readonly files: Pick<HostFiles, 'mounts'>;
  readonly watch: Pick<PoolWatch, 'look'>;
  readonly ours: Pick<OurPools, 'has'>;
  readonly user: () => Promise<QemuUser>;
  readonly clock?: () => number;
}

interface KnownPool {
  readonly name: string;
  readonly uuid: string;
  readonly path: string;
  readonly source?: PoolThere['source'];
}

const patienceMs = 3_000;
const atMost = 64;
/** A call that was given up may hold one of libvirt's workers still: the next one waits. */
const firstPauseMs = 10_000;
const longestPauseMs = 600_000;
/** libvirt has been silent for so long while every server answers: then it is libvirt. */
const libvirtSilentMs = 30_000;

export class PoolLooker {
  readonly #parts: PoolLookerParts;
  readonly #clock: () => number;
  /** Absent: libvirt has not said yet. */
  #known: readonly KnownPool[] | undefined;
  #active: ReadonlySet<string> = new Set();
  #silentSinceMs: number | undefined;
  #askAgainMs = Number.NEGATIVE_INFINITY;
  #pauseMs = firstPauseMs;

  constructor(parts: PoolLookerParts) {
    this.#parts = parts;
    this.#clock = parts.clock ?? (() => performance.now());
  }

  /** Rejects where libvirt has never said which there are. */
  async look(): Promise<readonly ReportedPool[]> {
    await this.#askLibvirt();
    const isSilent =
      this.#silentSinceMs !== undefined && this.#clock() - this.#silentSinceMs >= libvirtSilentMs;
    const mounts = await this.#parts.files.mounts();
    const user = await this.#parts.user();
    const look = async (known: KnownPool): Promise<ReportedPool> => {
      const { name, uuid, path, source } = known;
      const mount = mountOf(path, mounts);
      const isActive = this.#active.has(uuid);
      const there: PoolThere = {
        name,
        uuid,
        path,
        ...(source === undefined ? {} : { source }),
        ...(mount === undefined ? {} : { mount: poolMountOf(mount) }),
        libvirt: isActive ? (isSilent ? 'silent' : 'active') : 'inactive',
        files: isActive
          ? await this.#parts.watch.look({ path, user })
          : { type: 'failed', message: 'it is not started' },
      };
      return { ...poolReport(there), ours: await this.#parts.ours.has(uuid) };
    };
    const reports = await Promise.all((this.#known ?? []).map(look));
    if (reports.some(({ condition }) => condition === 'stalled')) this.#spareLibvirt();
    return reports;
  }

  /** Whoever waits for that server in libvirt may hold all its pools: its silence says nothing about libvirt. */
  #spareLibvirt(): void {
    this.#silentSinceMs = undefined;
    this.#askAgainMs = Math.max(this.#askAgainMs, this.#clock() + firstPauseMs);
  }

  async #askLibvirt(): Promise<void> {
    if (this.#clock() < this.#askAgainMs) return;
    try {
      await this.#list(this.#parts.libvirt());
      this.#silentSinceMs = undefined;
      this.#pauseMs = firstPauseMs;
    } catch (error) {
      // Whether libvirt is there at all is found by the look at VMs.
      if (this.#known === undefined) throw error;
      this.#silentSinceMs ??= this.#clock();
      this.#askAgainMs = this.#clock() + this.#pauseMs;
      this.#pauseMs = Math.min(this.#pauseMs * 2, longestPauseMs);
    }
  }

  async #list({ pools }: Libvirt): Promise<void> {
    const timeoutMs = patienceMs;
    const all = await pools.list({ timeoutMs });
    const active = await pools.list({ timeoutMs, flags: poolListFlag.active });
    const isActive = new Set(active.map(({ uuid }) => uuid));
    const known: KnownPool[] = [];
    for (const pool of all.filter(({ name }) => new RegExp(namePattern).test(name))) {
      const before = this.#known?.find(({ uuid }) => uuid === pool.uuid);
      // One that was stopped meanwhile may have been made anew under the same id.
      const wasActive = this.#active.has(pool.uuid);
      if (before !== undefined && wasActive && isActive.has(pool.uuid)) known.push(before);
      else known.push(knownPool(pool.name, pool.uuid, await pool.xml({ timeoutMs })));
    }
    this.#known = known.slice(0, atMost);
    this.#active = isActive;
  }
}

function knownPool(name: string, uuid: string, xml: string): KnownPool {
  const { type, targetPath = '', sourceHost, sourceDir } = readPool(xml);
  const isMounted = type === 'netfs' && sourceHost !== undefined && sourceDir !== undefined;
  return {
    name,
    uuid,
    path: targetPath,
    ...(isMounted ? { source: { server: sourceHost, export: sourceDir } } : {}),
  };
}
