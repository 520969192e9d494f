/** The host's two clocks: one that only goes on, for waiting, and the one on the wall, for dates. Tests have their own. */
import type { Now } from '../logic/index.ts';

export type Clock = () => Now;

export const hostClock: Clock = () => ({
  monoMs: Math.round(performance.now()),
  wallMs: Date.now(),
});
