export { Lab } from './lab.ts';
export type { LabPool } from './lab.ts';
export { dropPackets, passPackets } from './packets.ts';
export { takeDown } from './containers.ts';
export { testProject } from './settings.ts';
export { hold } from './held-connection.ts';
export type { Held, HeldConnection } from './held-connection.ts';
export { addressOf, askCounter, knownOn, runningOn } from './referee.ts';
