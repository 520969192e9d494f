/** The calm after the turmoil: nothing goes wrong any more, and all that was asked for must come to its end. */
import { unsettled } from './checkers/calm.ts';
import type { World } from './world.ts';

/** The time for everything to come to rest: a migration's time limit, and a few rounds of asking. */
const calmMs = 600_000;
const lookEveryMs = 2_000;

/** Until all is settled, and is so for a while. */
export function settle(world: World): void {
  const untilMs = world.nowMs + calmMs;
  let settledLooks = 0;
  while (world.violation === undefined && world.nowMs < untilMs) {
    world.run(world.nowMs + lookEveryMs);
    // Nothing may be due in that time: the clock goes on all the same.
    if (world.timeline.nextMs === undefined) break;
    settledLooks =
      unsettled(world.truth(), world.people.acknowledged).length === 0 ? settledLooks + 1 : 0;
    if (settledLooks >= 5) return;
  }
  const wrong = unsettled(world.truth(), world.people.acknowledged);
  if (wrong.length > 0) world.fail('comes-to-rest', wrong.slice(0, 5).join('; '));
}
