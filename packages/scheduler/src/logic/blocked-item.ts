/** An item of a drain, a restore or a rule that is enforced, that stays where it is: why, and what helps. */
import { type DrainItem, reasonRecords } from '@drover/protocol';
import { type Blocker, explainReason, explainRejection } from '@drover/core';

export function blockedItem(
  item: DrainItem,
  { held = [], rejections, reason, remedy }: Blocker,
): DrainItem {
  const found = [...held, ...rejections.flatMap((one) => one.reasons ?? [])];
  const said = [...held.map(explainReason), ...rejections.map(explainRejection)].join('; ');
  return {
    ...item,
    state: 'blocked',
    reason: said === '' ? reason : said.slice(0, 900),
    remedy: remedy.slice(0, 1000),
    ...(found.length === 0 ? {} : { reasons: reasonRecords(found) }),
  };
}
