/** What can go wrong, by name: how each begins, and how it is mended where it lasts. When, fault-maker.ts says. */
import { etcdFaults } from './faults/etcd.ts';
import type { Fault } from './faults/fault.ts';
import { messageFaults } from './faults/messages.ts';
import { processFaults } from './faults/processes.ts';
import { storageFaults } from './faults/storage.ts';

const table = { ...processFaults, ...storageFaults, ...messageFaults, ...etcdFaults };

export type FaultName = keyof typeof table;

export const faults: Readonly<Record<FaultName, Fault>> = table;
export const faultNames = Object.keys(table) as readonly FaultName[];

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(table, name);
}
