/**
 * The cluster, kept up to date for as long as somebody is signed in: all lists once, then events, and by asking
 * every few seconds what no event tells (how loaded hosts are, how many bytes of a migration are left).
 */
import { applyEvents, byKey, type ClusterState, emptyState } from '../logic/cluster-state.ts';
import { flightsOf } from '../logic/flights.ts';
import type { ApiEvent } from '../logic/types.ts';
import { client } from './api-client.ts';
import { follow } from './event-stream.ts';

const loadsMs = 5_000;
const poolsMs = 15_000;
const flightsMs = 1_000;
/** More than that at once are read as a list. */
const mostSingleVms = 20;
const keptEvents = 500;

export interface ToldEvent {
  readonly atMs: number;
  readonly number: number;
  readonly event: ApiEvent;
}

class Live {
  state = $state.raw<ClusterState>(emptyState);
  connection = $state<'connecting' | 'live' | 'lost'>('connecting');
  /** When anything was heard last, by this page’s clock. */
  heardAtMs = $state(0);
  isLoaded = $state(false);
  trouble = $state.raw<unknown>(undefined);
  /** What the stream told since the page was opened, newest first. */
  told = $state.raw<readonly ToldEvent[]>([]);
  readonly flights = $derived(flightsOf(this.state));

  #ending: AbortController | undefined;
  #waiting: ApiEvent[] = [];
  #number = 0;
  #hostsWanted = false;
  #vmsWanted = new Set<string>();

  start(): void {
    this.#ending?.abort();
    const ending = new AbortController();
    this.#ending = ending;
    const { signal } = ending;
    void follow(
      {
        list: (until) => this.#list(until),
        events: (events) => this.#take(events),
        heard: () => this.#heard(),
        lost: (error) => {
          this.connection = 'lost';
          this.trouble = error;
        },
      },
      signal,
    );
    this.#every(loadsMs, signal, () => this.#readLoads(signal));
    this.#every(poolsMs, signal, () => this.#readPools(signal));
    this.#every(flightsMs, signal, () => this.#readFlights(signal));
  }

  stop(): void {
    this.#ending?.abort();
    this.state = emptyState;
    this.isLoaded = false;
    this.connection = 'connecting';
    this.told = [];
  }

  /** After a change of one’s own, so that it shows before the next turn. */
  refreshHosts(): void {
    if (this.#ending !== undefined) void this.#readLoads(this.#ending.signal);
  }

  async #list(signal: AbortSignal): Promise<string | undefined> {
    // The first answer’s revision: what changes while the others are read is told again, and changes nothing.
    const vms = await client.list('/v1/vms', { signal });
    const [operations] = await Promise.all([
      client.get('/v1/operations', { query: { limit: '500' }, signal }),
      this.#readLoads(signal),
      this.#readPools(signal),
    ]);
    this.state = {
      ...this.state,
      vms: byKey(vms.items, (one) => one.id),
      operations: byKey(operations.items, (one) => one.id),
      progress: new Map(),
    };
    this.isLoaded = true;
    this.#heard();
    return vms.revision;
  }

  #heard(): void {
    this.heardAtMs = Date.now();
    this.connection = 'live';
    this.trouble = undefined;
  }

  /** All that comes between two frames is one change of the page. */
  #take(events: readonly ApiEvent[]): void {
    if (this.#waiting.length === 0) setTimeout(() => this.#apply(), 16);
    this.#waiting.push(...events);
  }

  #apply(): void {
    const events = this.#waiting;
    this.#waiting = [];
    const { state, wanted } = applyEvents(this.state, events);
    this.state = state;
    const atMs = Date.now();
    const news = events
      .filter(({ type }) => type !== 'migration-progress' && type !== 'storage-progress')
      .map((event) => ({ atMs, number: (this.#number += 1), event }))
      .toReversed();
    if (news.length > 0) this.told = [...news, ...this.told].slice(0, keptEvents);
    const signal = this.#ending?.signal;
    if (signal === undefined) return;
    if (wanted.vms.size > 0) this.#wantVms(wanted.vms, signal);
    if (wanted.hosts) this.#wantHosts(signal);
    if (wanted.pools) void this.#readPools(signal);
  }

  #wantHosts(signal: AbortSignal): void {
    if (this.#hostsWanted) return;
    this.#hostsWanted = true;
    setTimeout(() => {
      this.#hostsWanted = false;
      void this.#readLoads(signal);
    }, 250);
  }

  #wantVms(ids: ReadonlySet<string>, signal: AbortSignal): void {
    if (this.#vmsWanted.size === 0) setTimeout(() => void this.#readVms(signal), 150);
    for (const id of ids) this.#vmsWanted.add(id);
  }

  async #readVms(signal: AbortSignal): Promise<void> {
    const ids = [...this.#vmsWanted];
    this.#vmsWanted.clear();
    try {
      if (ids.length > mostSingleVms) {
        const { items } = await client.list('/v1/vms', { signal });
        this.state = { ...this.state, vms: byKey(items, (one) => one.id) };
        return;
      }
      const read = await Promise.all(
        ids.map((id) =>
          client.get('/v1/vms/{vm}', { path: { vm: id }, signal }).catch(() => undefined),
        ),
      );
      const vms = new Map(this.state.vms);
      for (const vm of read) if (vm !== undefined) vms.set(vm.id, vm);
      this.state = { ...this.state, vms };
    } catch {
      // The stream says what is the matter with the connection.
    }
  }

  async #readLoads(signal: AbortSignal): Promise<void> {
    const [hosts, cluster] = await Promise.all([
      client.list('/v1/hosts', { signal }).catch(() => undefined),
      client.get('/v1/cluster', { signal }).catch(() => undefined),
    ]);
    if (hosts === undefined && cluster === undefined) return;
    this.#heard();
    this.state = {
      ...this.state,
      hosts: hosts === undefined ? this.state.hosts : byKey(hosts.items, (one) => one.id),
      cluster: cluster ?? this.state.cluster,
    };
  }

  async #readPools(signal: AbortSignal): Promise<void> {
    const pools = await client.list('/v1/pools', { signal }).catch(() => undefined);
    if (pools !== undefined)
      this.state = { ...this.state, pools: byKey(pools.items, (one) => one.name) };
  }

  async #readFlights(signal: AbortSignal): Promise<void> {
    if (this.flights.length === 0) return;
    const read = await client.list('/v1/migrations', { signal }).catch(() => undefined);
    if (read === undefined) return;
    const progress = new Map(this.state.progress);
    for (const { operationId, progress: at } of read.items) {
      if (at !== undefined && !this.state.operations.get(operationId)?.done)
        progress.set(operationId, at);
    }
    this.state = { ...this.state, progress };
  }

  /** Not while nobody looks, and never twice at the same time. */
  #every(ms: number, signal: AbortSignal, read: () => Promise<void>): void {
    let isReading = false;
    const timer = setInterval(() => {
      if (document.hidden || isReading) return;
      isReading = true;
      void read().finally(() => (isReading = false));
    }, ms);
    signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  }
}

export const live = new Live();
