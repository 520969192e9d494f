/** Storage that does not answer holds up nobody but those who ask it, and only for a moment. */
import { describe, expect, it } from 'vitest';
import type { Mount } from '../../src/shell/mounts.ts';
import { silence, StorageLooks } from '../../src/shell/storage-looks.ts';

const nfs = (at: string): Mount => ({
  at,
  type: 'nfs4',
  source: `nas:${at}`,
  options: [],
  readOnly: false,
});
const mounts: readonly Mount[] = [
  { at: '/', type: 'ext4', source: '/dev/vda1', options: [], readOnly: false },
  ...['/dead', '/gone', '/lost', '/well'].map(nfs),
];

/** Calls that hang below some folders until they are let go; `open` is who holds a thread now. */
class Storage {
  readonly open: string[] = [];
  readonly asked: string[] = [];
  readonly #held = Promise.withResolvers<void>();
  readonly looks: StorageLooks;

  constructor(patienceMs = 20) {
    this.looks = new StorageLooks({ mounts: () => Promise.resolve(mounts), patienceMs });
  }

  ask(path: string): Promise<string | typeof silence> {
    return this.looks.ask(path, async () => {
      this.asked.push(path);
      this.open.push(path);
      if (!path.startsWith('/well') && !path.startsWith('/home')) await this.#held.promise;
      this.open.splice(this.open.indexOf(path), 1);
      return `of ${path}`;
    });
  }

  letGo(): void {
    this.#held.resolve();
  }
}

describe('a mount that does not answer', () => {
  it('is asked once, whatever is looked at below it, and holds one thread', async () => {
    const storage = new Storage();
    const paths = ['/dead/a', '/dead/a', '/dead/b', '/dead/c/d', '/dead'];
    const answers = await Promise.all(paths.map((path) => storage.ask(path)));
    expect(answers).toEqual(paths.map(() => silence));
    expect(storage.asked).toEqual(['/dead/a']);
  });

  it('is known by then: who asks later is told so at once', async () => {
    const storage = new Storage(20);
    await storage.ask('/dead/a');
    const patient = new Promise((resolve) => setTimeout(resolve, 10, 'waited'));
    expect(await Promise.race([storage.ask('/dead/b'), patient])).toBe(silence);
  });

  it('keeps nobody from asking another one', async () => {
    const storage = new Storage();
    await storage.ask('/dead/a');
    expect(await storage.ask('/well/a')).toBe('of /well/a');
    expect(await storage.ask('/home/a')).toBe('of /home/a');
  });

  it('is asked again once it answers', async () => {
    const storage = new Storage();
    await storage.ask('/dead/a');
    storage.letGo();
    await expect.poll(() => storage.open).toEqual([]);
    expect(await storage.ask('/dead/b')).toBe('of /dead/b');
  });
});

describe('many mounts that do not answer', () => {
  it('never hold more than two of the four threads', async () => {
    const storage = new Storage();
    const paths = ['/dead/a', '/gone/a', '/lost/a', '/dead/b'];
    await Promise.all(paths.map((path) => storage.ask(path)));
    expect(storage.open).toEqual(['/dead/a', '/gone/a']);
    expect(await storage.ask('/lost/a')).toBe(silence);
    expect(storage.asked).toHaveLength(2);
  });
});

describe('a path of the host’s own', () => {
  it('that leads to a dead server by a link speaks for itself alone', async () => {
    const storage = new Storage();
    expect(await storage.ask('/linked/a')).toBe(silence);
    expect(await storage.ask('/home/a')).toBe('of /home/a');
  });
});

describe('an answer', () => {
  it('that is an error is an error', async () => {
    const { looks } = new Storage();
    const failed = looks.ask('/well/a', () => Promise.reject(new Error('ESTALE')));
    await expect(failed).rejects.toThrow('ESTALE');
    expect(await looks.ask('/well/a', () => Promise.resolve(1))).toBe(1);
  });

  it('that others wait for comes to each in turn', async () => {
    const storage = new Storage(5_000);
    const paths = Array.from({ length: 20 }, (_, at) => `/well/${at}`);
    const answers = await Promise.all(paths.map((path) => storage.ask(path)));
    expect(answers).toEqual(paths.map((path) => `of ${path}`));
  });
});
