/** A queue that is bounded whatever its handler does. */
import { describe, expect, it } from 'vitest';
import { Inbox } from '../src/inbox.ts';

function start(queueLimit: number, onOverflow: 'drop-oldest' | 'drop-newest') {
  const handled: number[] = [];
  let dropped = 0;
  let gate = Promise.withResolvers<void>();
  const inbox = new Inbox<number>(
    { queueLimit, onOverflow },
    async (message) => {
      handled.push(message);
      await gate.promise;
    },
    () => {
      dropped += 1;
    },
  );
  const open = async () => {
    gate.resolve();
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  };
  return {
    inbox,
    handled,
    dropped: () => dropped,
    open,
    shut: () => {
      gate = Promise.withResolvers<void>();
    },
  };
}

describe('an inbox', () => {
  it('handles one message after the other, in order', async () => {
    const { inbox, handled, open } = start(10, 'drop-oldest');
    for (const message of [1, 2, 3]) inbox.add(message);
    expect(handled).toEqual([1]);
    await open();
    expect(handled).toEqual([1, 2, 3]);
  });

  it('drops the oldest that waits', async () => {
    const { inbox, handled, dropped, open } = start(2, 'drop-oldest');
    for (let message = 1; message <= 1_000; message += 1) inbox.add(message);
    expect(dropped()).toBe(997);
    await open();
    expect(handled).toEqual([1, 999, 1_000]);
  });

  it('drops the newest', async () => {
    const { inbox, handled, dropped, open } = start(2, 'drop-newest');
    for (let message = 1; message <= 1_000; message += 1) inbox.add(message);
    expect(dropped()).toBe(997);
    await open();
    expect(handled).toEqual([1, 2, 3]);
  });

  it('takes messages again once it has room', async () => {
    const { inbox, handled, open, shut } = start(1, 'drop-newest');
    inbox.add(1);
    inbox.add(2);
    await open();
    shut();
    inbox.add(3);
    inbox.add(4);
    await open();
    expect(handled).toEqual([1, 2, 3, 4]);
  });

  it('handles nothing after it was closed', async () => {
    const { inbox, handled, open } = start(10, 'drop-oldest');
    inbox.add(1);
    inbox.add(2);
    inbox.close();
    inbox.add(3);
    await open();
    expect(handled).toEqual([1]);
  });

  it('holds at least one message', () => {
    expect(() => start(0, 'drop-oldest')).toThrow('at least one');
  });
});
