/** What a write would change, for people who asked with `?dryRun=true`: by record, and nothing of what is in it. */
import { type api, parseKey } from '@drover/protocol';
import type { Write, WritePut } from './write.ts';

export function rehearsalOf(write: Write | undefined): api.Rehearsal {
  const puts: readonly WritePut[] = write?.puts ?? [];
  return {
    dryRun: true,
    changes: puts.map(({ key, value, expectedModRevision }) => {
      const parsed = parseKey(key);
      const made = expectedModRevision === 0 ? 'made' : 'changed';
      return {
        change: value === undefined ? 'removed' : made,
        what: parsed.type,
        id: 'id' in parsed ? parsed.id : '',
      };
    }),
  };
}
