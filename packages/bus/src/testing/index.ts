export { createFakeBus } from './fake-bus.ts';
export type { FakeBus, FakeBusHub } from './fake-bus.ts';
