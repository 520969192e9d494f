/** Which pools there are, where libvirt answers about them and where it does not. */
import { CallAbandonedError, ConnectionError, type Libvirt } from 'node-libvirt';
import { describe, expect, it } from 'vitest';
import { PoolLooker } from '../../src/shell/pool-looker.ts';
import { type PoolFiles } from '../../src/logic/index.ts';

const uuidOf = (name: string) => `33333333-3333-4333-8333-33333333333${name.length % 10}`;
const answered: PoolFiles = {
  type: 'answered',
  capacityMib: 1_000,
  freeMib: 500,
  isReadOnly: false,
  mark: 'missing',
};

class FakeHost {
  nowMs = 0;
  names: string[] = ['a', 'bb'];
  stopped = new Set<string>();
  /** What the list of pools ends with. */
  error: Error | undefined;
  lists = 0;
  xmls = 0;
  readonly files = new Map<string, PoolFiles>();
  readonly looker: PoolLooker;

  constructor() {
    const pool = (name: string) => ({
      name,
      uuid: uuidOf(name),
      xml: async () => {
        this.xmls += 1;
        return `<pool type="dir"><name>${name}</name><uuid>${uuidOf(name)}</uuid><target><path>/srv/${name}</path></target></pool>`;
      },
    });
    const list = async ({ flags = 0 }) => {
      this.lists += 1;
      if (this.error) throw this.error;
      const shown = this.names.filter((name) => flags === 0 || !this.stopped.has(name));
      return shown.map(pool);
    };
    this.looker = new PoolLooker({
      libvirt: () => ({ pools: { list } }) as unknown as Libvirt,
      files: { mounts: async () => [] },
      watch: { look: async ({ path }) => this.files.get(path) ?? answered },
      ours: { has: async (uuid) => uuid === uuidOf('a') },
      user: async () => ({ uid: 0, gid: 0 }),
      clock: () => this.nowMs,
    });
  }

  async conditions(): Promise<readonly string[]> {
    return (await this.looker.look()).map(({ name, condition }) => `${name} ${condition}`);
  }
}

const late = new CallAbandonedError('deadline', 'connectListAllStoragePools', true);

describe('the pools of a host', () => {
  it('are those of libvirt, each with what its files answer, and whose it is', async () => {
    const host = new FakeHost();
    host.stopped.add('bb');
    const [a, bb] = await host.looker.look();
    expect(a).toMatchObject({ name: 'a', condition: 'reachable', freeMib: 500, ours: true });
    expect(bb).toMatchObject({ name: 'bb', condition: 'inactive', ours: false });
  });

  it('are asked for their place once, and again when they were stopped', async () => {
    const host = new FakeHost();
    await host.looker.look();
    await host.looker.look();
    expect(host.xmls).toBe(2);
    host.stopped.add('a');
    await host.looker.look();
    expect(host.xmls).toBe(3);
  });

  it('with names that are none of ours are left alone', async () => {
    const host = new FakeHost();
    host.names.push('Not Ours');
    expect(await host.conditions()).toEqual(['a reachable', 'bb reachable']);
  });

  it('are told of while libvirt is silent, as it said last', async () => {
    const host = new FakeHost();
    await host.looker.look();
    host.error = late;
    host.files.set('/srv/a', { type: 'silent' });
    expect(await host.conditions()).toEqual(['a stalled', 'bb reachable']);
  });

  it('are not asked for again and again of a libvirt that waits for a dead server', async () => {
    const host = new FakeHost();
    await host.looker.look();
    host.error = late;
    host.files.set('/srv/a', { type: 'silent' });
    const before = host.lists;
    for (let look = 0; look < 60; look += 1) {
      host.nowMs += 2_000;
      await host.looker.look();
    }
    expect(host.lists - before).toBeLessThan(8);
  });

  it('are in error where libvirt is silent though every server answers', async () => {
    const host = new FakeHost();
    await host.looker.look();
    host.error = late;
    expect(await host.conditions()).toEqual(['a reachable', 'bb reachable']);
    host.nowMs += 40_000;
    expect(await host.conditions()).toEqual(['a error', 'bb error']);
    host.error = undefined;
    host.nowMs += 60_000;
    expect(await host.conditions()).toEqual(['a reachable', 'bb reachable']);
  });

  it('are not told of at all before libvirt has said which there are', async () => {
    const host = new FakeHost();
    host.error = late;
    await expect(host.looker.look()).rejects.toThrow('deadline');
    host.error = new ConnectionError('ended', false);
    await expect(host.looker.look()).rejects.toThrow('connection');
  });
});
