/** What is wider than the terminal: folded between words, below where it began, and what is to be copied stays whole. */
import { describe, expect, it } from 'vitest';
import { checksText, ok, warn } from '../src/logic/doctor/check.ts';
import { explainText } from '../src/logic/explain-text.ts';
import { fold } from '../src/logic/fold.ts';
import { plain } from '../src/logic/table.ts';

describe('a line that is too wide', () => {
  it('goes on a little further in, at a space', () => {
    const line = 'shop is drained: 3 VMs moved, nothing is left';
    expect(fold([line, 'short'], 40)).toEqual([
      'shop is drained: 3 VMs moved, nothing is',
      '  left',
      'short',
    ]);
  });

  it('of a table goes on below its last column, its colours not counted', () => {
    const line =
      'h3    \u001b[32myes\u001b[39m   6554   free memory after 4×714, free CPU after 2×833';
    expect(fold([line], 50)).toEqual([
      'h3    \u001b[32myes\u001b[39m   6554   free memory after 4×714, free',
      `${' '.repeat(19)}CPU after 2×833`,
    ]);
  });

  it('keeps a command in one piece, and a word that is too long as it is', () => {
    expect(fold(['  take it away with “drover vm delete web”, or not'], 40)).toEqual([
      '  take it away with',
      '    “drover vm delete web”, or not',
    ]);
    const long = 'x'.repeat(60);
    expect(fold([long], 40)).toEqual([long]);
  });
});

describe('the doctor', () => {
  const checks = [ok('API', 'answers'), warn('host h1', 'drained', 'drover host restore h1')];

  it('has a column of what helps where there is room', () => {
    expect(checksText(checks, plain, 80)).toEqual([
      'STATE  CHECK    WHAT     NEXT',
      'ok     API      answers  -',
      'warn   host h1  drained  drover host restore h1',
    ]);
  });

  it('says below each thing what helps where there is none', () => {
    expect(checksText(checks, plain, 40)).toEqual([
      'STATE  CHECK    WHAT',
      'ok     API      answers',
      'warn   host h1  drained',
      '                next: drover host restore h1',
    ]);
  });
});

it('to explain says of the host where a VM is only that it is there', () => {
  const rejections = [{ hostId: 'h2', reason: 'host-excluded' }];
  const lines = explainText({ candidates: [], rejections, sentences: ['web is on h2'] }, plain);
  expect(lines.at(-1)).toMatch(/^h2 +no +- +the VM is there already$/);
});
