export { createFakeStore } from './fake-store.ts';
export type { FakeStore, FakeStoreClient, FakeStoreOptions } from './fake-store.ts';
