/** Why balancing moves a VM, as a sentence: what gets better by it, and by how much. */
import { asShare } from '../explain/millionths.ts';
import type { StepTaken } from '../plan/moves-of.ts';

export function reasonOf({ before, after }: StepTaken): string {
  const gains = before
    .map(({ name, millionths }, at) => {
      const then = after[at]?.millionths ?? 0;
      return { name, from: millionths, to: then, gain: millionths - then };
    })
    .toSorted((a, b) => b.gain - a.gain);
  const [best] = gains;
  if (best === undefined || best.gain <= 0) {
    return 'makes way for the moves after it, which need its room';
  }
  return `${best.name} is less uneven, ${asShare(best.from)} to ${asShare(best.to)}`;
}
