/** Nobody is heard as somebody else: a host speaks for itself alone, and only schedulers give orders. */
import { parseAgentSubject } from '@drover/protocol';
import type { Checker } from './checker.ts';

export const speaksForItself: Checker = {
  name: 'speaks-for-itself',
  delivered({ from, subject }) {
    const said = parseAgentSubject(subject);
    const who = from.role === 'agent' ? from.hostId : `a ${from.role}`;
    if (said !== undefined) {
      return who === said.hostId ? undefined : `${who} is heard as ${said.hostId}: ${subject}`;
    }
    return from.role === 'scheduler' ? undefined : `${who} gives an order: ${subject}`;
  },
};
