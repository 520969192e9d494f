/** Composes the store over a real etcd. Connects when it is first used; nothing is sent before. */
import { systemClock } from './clock.ts';
import { connectEtcd } from './etcd-rpc.ts';
import type { Store, StoreOptions } from './port.ts';
import { createStore } from './store.ts';

export function connectStore(options: StoreOptions): Store {
  return createStore(connectEtcd(options), systemClock);
}
