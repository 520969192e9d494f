/**
 * API.md says what the docstrings say.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { reference } from '../tools/api-reference/reference.ts';

const pathOf = (file: string) => fileURLToPath(new URL(file, import.meta.url));

it('the reference is that of the sources: `npm run -s api-reference` makes it anew', () => {
  expect(readFileSync(pathOf('../API.md'), 'utf8')).toBe(reference(pathOf('../src/index.ts')));
});
