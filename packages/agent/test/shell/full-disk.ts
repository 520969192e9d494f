/**
 * Appends until a write is rejected, says which, waits for a line, and appends that one again. Run by
 * journal-file.test.ts under a limit on the length of files.
 */
import { once } from 'node:events';
import { openJournal } from '../../src/shell/journal-file.ts';

const [, , path = ''] = process.argv;
await using journal = await openJournal(path);
let number = 0;
const append = () => journal.append({ type: 'epoch', epoch: String(number) });
for (; number < 1_000; number += 1) {
  try {
    await append();
  } catch {
    break;
  }
}
process.stdout.write(`${number}\n`);
await once(process.stdin, 'data');
await append();
process.stdout.write('written\n');
process.stdin.destroy();
