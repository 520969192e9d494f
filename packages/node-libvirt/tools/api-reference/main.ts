/**
 * `API.md`, from the docstrings of everything that the package exports. `--check` only tells whether the
 * file that is there says the same.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { reference } from './reference.ts';

const file = fileURLToPath(new URL('../../API.md', import.meta.url));
const text = reference(fileURLToPath(new URL('../../src/index.ts', import.meta.url)));
if (process.argv.includes('--check')) {
  const there = await readFile(file, 'utf8').catch(() => '');
  if (there !== text) {
    console.error('API.md is not what the docstrings say: npm run -s api-reference');
    process.exitCode = 1;
  }
} else {
  await writeFile(file, text);
}
