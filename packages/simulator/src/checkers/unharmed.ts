/**
 * A VM is never harmed: its power button is pressed, its plug pulled only where a person asked for that
 * after its present run was asked for; a copy is destroyed only where another one is left that runs or can.
 */
import type { Checker, HarmDone, Ledger, Wish } from './checker.ts';

export const unharmed: Checker = {
  name: 'vm-unharmed',
  harmed(harm, ledger) {
    return harm.harm === 'destroyed' ? wasTheLast(harm) : wasNotAskedFor(harm, ledger);
  },
};

const deeds: Readonly<Record<HarmDone['harm'], string>> = {
  'power-button': 'the power button is pressed',
  plug: 'the plug is pulled',
  reset: 'the reset button is pressed',
  paused: 'a pause is made',
  destroyed: 'an end is made',
};

function isMeant(harm: HarmDone['harm'], { type, cold }: Wish): boolean {
  if (harm === 'paused') return type === 'pause';
  if (harm === 'reset') return type === 'reboot';
  if (harm === 'plug') return type === 'stop';
  return type === 'stop' || type === 'reboot' || (type === 'migrate' && cold === true);
}

function wasTheLast(harm: HarmDone): string | undefined {
  const { hostId, vmId, opId, wholeElsewhere, isOutrun } = harm;
  return wholeElsewhere.length === 0 && !isOutrun
    ? `the copy of ${vmId} on ${hostId} is destroyed for ${opId}, and it was the last whole one`
    : undefined;
}

function wasNotAskedFor(
  { harm, hostId, vmId, opId, startedBy }: HarmDone,
  ledger: Ledger,
): string | undefined {
  const wish = ledger.wish(opId);
  const what = deeds[harm];
  const about = `${what} on ${vmId} on ${hostId} for ${opId}`;
  if (wish === undefined || wish.vmId !== vmId || !isMeant(harm, wish)) {
    return `${about}, and nobody asked for that`;
  }
  if ((harm === 'plug' || harm === 'reset') && wish.mode !== 'force')
    return `${about}, which asked to do it gracefully`;
  if (ledger.wish(startedBy) !== undefined && ledger.isBefore(opId, startedBy)) {
    return `${about}, which was asked before ${startedBy} started it again`;
  }
  return undefined;
}
