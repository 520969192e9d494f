import { DroverError, keys } from '@drover/protocol';
import { createFakeStore } from '@drover/store/testing';
import { expect, it } from 'vitest';
import { Mirror } from '../src/shell/mirror.ts';
import { Writer } from '../src/shell/writer.ts';
import { until } from './support/world.ts';

const unknown = () =>
  new DroverError('store-unavailable', 'no answer', { details: { outcome: 'unknown' } });

/** A store that answers no transaction; `happens` is what becomes of it instead. */
async function silent(happens: (store: ReturnType<typeof createFakeStore>) => Promise<unknown>) {
  const store = createFakeStore({ clock: 'system' });
  await store.txn({ compares: [], puts: [{ key: '/drover/x', value: '1' }], deletes: [] });
  const txn = async () => {
    await happens(store);
    throw unknown();
  };
  const mirror = new Mirror(store, () => undefined);
  mirror.start({ loaded: () => undefined, changed: () => undefined });
  await until('it is loaded', async () => (mirror.isLoaded ? true : undefined));
  const asked = { ...store, txn };
  const write = (key: string, value: object) =>
    new Writer(asked, mirror, () => undefined, 9).carryOut(() => ({
      puts: [{ key, value: JSON.stringify(value), expectedModRevision: 0 }],
      compares: [],
    }));
  return { store, mirror, write };
}

const put = (key: string, value: object) => ({
  compares: [],
  puts: [{ key, value: JSON.stringify(value) }],
  deletes: [],
});
const intent = (by: string) => ({ v: 1, id: 'h1', cordoned: true, by, atMs: 1 });

it('what somebody else wrote under the same key is not taken for one’s own', async () => {
  const { write } = await silent((store) => store.txn(put(keys.hostIntent('h1'), intent('other'))));
  const writing = write(keys.hostIntent('h1'), intent('me'));
  await expect(writing).rejects.toMatchObject({ code: 'store-unavailable' });
});

it('nor is a record without an id, such as the first settings', async () => {
  const key = keys.settings('migration');
  const settings = (by: string) => ({ v: 1, settings: {}, by, atMs: 1 });
  const { write } = await silent((store) => store.txn(put(key, settings('other'))));
  await expect(write(key, settings('me'))).rejects.toMatchObject({ code: 'store-unavailable' });
});

it('what did not arrive is not sent again, and not said to be there', async () => {
  let sent = 0;
  const { write, store } = await silent(async () => {
    sent += 1;
  });
  const writing = write(keys.hostIntent('h1'), intent('me'));
  await expect(writing).rejects.toMatchObject({ code: 'store-unavailable' });
  expect({ sent, there: store.entries().length }).toEqual({ sent: 1, there: 1 });
});

it('what arrived and was changed at once by somebody else is there, as they left it', async () => {
  const key = keys.request('r');
  const request = { v: 1, id: 'r', type: 'drain', hostId: 'h1', by: 'me', createdAtMs: 1 };
  const cancelled = { ...request, cancelled: { by: 'other', atMs: 2 } };
  const { write, mirror } = await silent(async (store) => {
    await store.txn(put(key, request));
    const result = await store.txn(put(key, cancelled));
    await mirror.reaches(result.revision, 5_000);
  });
  await write(key, request);
  expect(mirror.records.requests.get('r')?.value).toEqual(cancelled);
});

it('what one has written is read at once, even while the watch lags', async () => {
  const store = createFakeStore({ clock: 'system' });
  await store.txn(put('/drover/x', { v: 1 }));
  const lagging = { ...store, watch: () => ({ close: () => undefined }) };
  const mirror = new Mirror(lagging, () => undefined);
  mirror.start({ loaded: () => undefined, changed: () => undefined });
  await until('it is loaded', async () => (mirror.isLoaded ? true : undefined));
  const value = JSON.stringify(intent('me'));
  await new Writer(lagging, mirror, () => undefined, 9).carryOut(() => ({
    puts: [{ key: keys.hostIntent('h1'), value, expectedModRevision: 0 }],
    compares: [],
  }));
  expect(mirror.records.hostIntents.get('h1')?.value).toEqual(intent('me'));
});

it('a record that cannot be read is named in the log once, also when it comes later', async () => {
  const store = createFakeStore({ clock: 'system' });
  const bad = keys.vmIntent('11111111-1111-4111-8111-111111111111');
  await store.txn(put(keys.request('r'), { v: 1 }));
  const said: string[] = [];
  const mirror = new Mirror(store, (text) => said.push(text));
  mirror.start({ loaded: () => undefined, changed: () => undefined });
  await until('it is loaded', async () => (mirror.isLoaded ? true : undefined));
  await store.txn(put(bad, { v: 1, name: 'web' }));
  const { revision } = await store.txn(put('/drover/intent/x', {}));
  await mirror.reaches(revision, 5_000);
  expect(said).toEqual([
    expect.stringContaining(keys.request('r')),
    expect.stringMatching(/vms\/1111.*: .*id/),
  ]);
});
