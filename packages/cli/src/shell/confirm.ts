/** A yes before what cannot be taken back. Where nobody can be asked, `--yes` has to be there already. */
import { UsageError } from '../logic/usage-error.ts';
import type { Session } from './session.ts';

export async function confirm(
  session: Session,
  question: string,
  yes: boolean | undefined,
): Promise<boolean> {
  if (yes === true) return true;
  if (!session.terminal.canAsk) {
    throw new UsageError(`${question} There is nobody to ask here: add --yes`);
  }
  if (await session.terminal.ask(question)) return true;
  session.terminal.err(['Nothing was changed.']);
  return false;
}
