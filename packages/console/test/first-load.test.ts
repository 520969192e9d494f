/** Builds the console as it is shipped and weighs what a browser loads before the first page shows. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, beforeAll, expect, it } from 'vitest';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drover-console-built-'));
  const configFile = new URL('../vite.config.ts', import.meta.url).pathname;
  await build({ configFile, logLevel: 'error', build: { outDir: folder, emptyOutDir: true } });
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true }));

const text = (path: string) => readFileSync(join(folder, path), 'utf8');
const namesIn = (page: string) =>
  [...page.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(([, to]) => to ?? '');

it('the first load is below 150 kB, fonts and all', () => {
  const named = namesIn(text('index.html'));
  const styles = named
    .filter((name) => name.endsWith('.css'))
    .map(text)
    .join('\n');
  // Of each font the part for Latin letters is what is loaded; it is packed already.
  const fonts = [
    ...styles.matchAll(/url\(\/(assets\/[^)]*latin-(?:wght|400)-normal[^)]*\.woff2)\)/g),
  ]
    .map(([, name = '']) => name)
    .filter((name) => !name.includes('latin-ext'));
  const packed = ['index.html', ...named].map(
    (name) => gzipSync(readFileSync(join(folder, name))).length,
  );
  const sum = [...packed, ...fonts.map((name) => readFileSync(join(folder, name)).length)].reduce(
    (a, b) => a + b,
  );
  expect(named.some((name) => name.endsWith('.js'))).toBe(true);
  expect(fonts).toHaveLength(2);
  expect(sum).toBeGreaterThan(50_000);
  expect(sum).toBeLessThan(150_000);
});

it('the page names nothing of another site, and runs nothing that is not a file', () => {
  const page = text('index.html');
  expect(page).not.toMatch(/https?:\/\//);
  expect(page).not.toMatch(/<script(?![^>]*\bsrc=)/);
  expect(page).not.toMatch(/<style|\sstyle=|\son[a-z]+=/);
});

it('what is packed is what is not packed', () => {
  const files = readdirSync(join(folder, 'assets'), { encoding: 'utf8' });
  const packed = files.filter((name) => name.endsWith('.br'));
  expect(packed.length).toBeGreaterThan(10);
  for (const name of packed) {
    const plain = readFileSync(join(folder, 'assets', name.replace(/\.br$/, '')));
    const brotli = brotliDecompressSync(readFileSync(join(folder, 'assets', name)));
    const gzip = gunzipSync(readFileSync(join(folder, 'assets', name.replace(/br$/, 'gz'))));
    expect([name, brotli.equals(plain), gzip.equals(plain)]).toEqual([name, true, true]);
  }
});
