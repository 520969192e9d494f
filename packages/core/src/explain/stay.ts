/** Why a VM stays where it is, as a sentence. */
import { asShare } from './millionths.ts';
import type { CalmReason } from '../balance/balance.ts';
import type { StayReason } from '../balance/movable.ts';
import type { Stay } from '../balance/why-it-stays.ts';
import { explainRejection } from './refusal.ts';

/** Why balancing does nothing, as a sentence without its full stop. */
export function explainCalm(reason: CalmReason): string {
  return calm[reason];
}

const calm: Readonly<Record<CalmReason, string>> = {
  'even-enough': 'the cluster is even enough',
  'not-for-long': 'the cluster has not been uneven for long enough',
  'no-gain': 'no move gains enough for what it costs',
  'budget-spent': 'this hour’s moves are spent',
  'nothing-movable': 'no VM may be moved now',
};

const alone: Readonly<Record<StayReason, string>> = {
  'not-running': 'it is not running',
  'not-automatic': 'it is not to be moved without a person’s word',
  'left-out': 'it is set never to be moved for balance',
  held: 'it cannot move as it runs',
  'cooling-down': 'it was moved not long ago',
  'host-not-up': 'its host is not up',
};

export function explainStay(stay: Stay): readonly string[] {
  switch (stay.type) {
    case 'moves':
      return [`it does not stay: it moves to ${stay.target}`];
    case 'left-alone':
      return [alone[stay.reason]];
    case 'calm':
      return [`${calm[stay.reason]} (uneven by ${asShare(stay.uneven)})`];
    case 'no-host-fits':
      return ['no other host takes it', ...stay.rejections.map(explainRejection)];
    case 'not-worth-it':
      return [
        `the best for it is ${stay.target}: that would gain ${asShare(stay.gain)} and cost ${asShare(stay.price)}, ` +
          `and nothing moves for less than ${asShare(stay.least)}`,
      ];
    case 'others-gain-more':
      return [
        `it would gain ${asShare(stay.gain)} on ${stay.target}, for ${asShare(stay.price)}, but other moves gain more`,
      ];
    case 'unknown-vm':
      return ['there is no such VM'];
  }
}
