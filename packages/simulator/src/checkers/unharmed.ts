/**
 * A VM is never harmed: its power button is pressed, its plug pulled only where a person asked for that
 * after its present run was asked for; a copy is destroyed only where another one is left that runs or can.
 */
import type { Checker, HarmDone, Ledger } from './checker.ts';

export const unharmed: Checker = {
  name: 'vm-unharmed',
  harmed(harm, ledger) {
    return harm.harm === 'destroyed' ? wasTheLast(harm) : wasNotAskedFor(harm, ledger);
  },
};

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
  const what = harm === 'plug' ? 'the plug is pulled' : 'the power button is pressed';
  const about = `${what} on ${vmId} on ${hostId} for ${opId}`;
  const isMeant = wish?.type === 'stop' || (wish?.type === 'migrate' && wish.cold === true);
  if (!isMeant || wish.vmId !== vmId) return `${about}, and nobody asked to stop it`;
  if (harm === 'plug' && wish.mode !== 'force')
    return `${about}, which asked to stop it gracefully`;
  const started = ledger.wish(startedBy);
  if (started !== undefined && started.order > wish.order) {
    return `${about}, which was asked before ${startedBy} started it again`;
  }
  return undefined;
}
