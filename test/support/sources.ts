/**
 * The repository as data for the tidy test: every tracked or new source file, with its text and what it
 * imports. Reads files as text; runs none of them.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
  readonly imports: readonly string[];
}

/** Files that git tracks or would track. */
export function listFiles(): readonly string[] {
  const out = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: root });
  return out
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '')
    .toSorted();
}

export function readText(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

export function readSources(): readonly SourceFile[] {
  return listFiles()
    .filter((path) => /\.(ts|mjs|svelte)$/.test(path) && !path.endsWith('.d.ts'))
    .flatMap((path) => {
      try {
        return [parseSource(path, readText(path))];
      } catch {
        return []; // deleted in the work tree, still in the index
      }
    });
}

export function parseSource(path: string, text: string): SourceFile {
  // Scripts in components are indented.
  const script = path.endsWith('.svelte') ? text.replace(/^ {2}/gm, '') : text;
  const imports = [
    ...script.matchAll(/^(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]/gms),
    ...script.matchAll(/^import\s+['"]([^'"]+)['"]/gm),
    ...script.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g),
  ].map((match) => match[1] ?? '');
  return { path, text, lines: text.split('\n'), imports };
}

/** Source without comments and string contents, so that bans look at code only. */
export function codeOnly(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' '))
    .replace(/(^|[^:'"`\\])\/\/.*$/gm, '$1')
    .replace(/'(?:[^'\\\n]|\\.)*'/g, "''")
    .replace(/"(?:[^"\\\n]|\\.)*"/g, '""');
}
