/**
 * The house rules that a compiler does not hold: who imports whom, what pure code may not name, how long
 * a file may be, which words are ours, and that docs and code agree.
 */
import { preflightCodes } from '@drover/core';
import { errorCatalogue } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { forbiddenImports } from './support/import-table.ts';
import { codeOnly, listFiles, parseSource, readSources, readText } from './support/sources.ts';

const sources = readSources();
const isTest = (path: string) => /(^|\/)test\//.test(path);
const isPure = (path: string) =>
  /^packages\/(core|images|protocol)\/src\//.test(path) ||
  /^packages\/[a-z-]+\/src\/logic\//.test(path);

describe('imports', () => {
  it('run down only, as the table says', () => {
    const wrong = sources.flatMap((file) =>
      forbiddenImports(file.path, file.imports).map((name) => `${file.path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  it('would be found if they ran up, sideways, or out of a package', () => {
    const planted = [
      ['packages/core/src/x.ts', 'node:fs'],
      ['packages/core/src/x.ts', '@drover/protocol'],
      ['packages/images/src/x.ts', '@drover/core'],
      ['packages/scheduler/src/logic/x.ts', 'node:net'],
      ['packages/scheduler/src/logic/x.ts', '../shell/perform.ts'],
      ['packages/scheduler/src/shell/x.ts', '@drover/agent/logic'],
      ['packages/api/src/main.ts', '../../scheduler/src/logic/index.ts'],
      ['packages/cli/src/main.ts', '@drover/api'],
      ['packages/console/src/screens/x.svelte', '@drover/core'],
    ] as const;
    for (const [path, name] of planted) expect(forbiddenImports(path, [name])).toEqual([name]);
  });

  it('are seen in every form that TypeScript has', () => {
    const text = `import 'a';\nimport { x } from 'b';\nexport type { y } from 'c';\nconst z = import('d');`;
    expect(parseSource('f.ts', text).imports.toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('pure code', () => {
  const banned: readonly (readonly [string, RegExp])[] = [
    ['async', /\basync\b|\bawait\b|\bPromise\b/],
    ['the clock', /\bDate\b|\bperformance\b/],
    ['timers', /\bset(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b/],
    ['randomness', /\bMath\.random\b|\bcrypto\b/],
    ['the locale', /\blocaleCompare\b|\bIntl\b|\btoLocale/],
    ['inexact functions', /\bMath\.(exp|pow|log|log2|log10|sin|cos)\b/],
    ['output', /\bconsole\b|\bprocess\b/],
    ['what the garbage collector shows', /\bWeakRef\b|\bFinalizationRegistry\b/],
  ];
  for (const [what, pattern] of banned) {
    it(`does not name ${what}`, () => {
      const wrong = sources
        .filter((file) => isPure(file.path) && pattern.test(codeOnly(file.text)))
        .map((file) => file.path);
      expect(wrong).toEqual([]);
    });
  }
});

describe('files', () => {
  it('stay under 500 lines, tests under 800', () => {
    const wrong = sources
      .filter((file) => file.lines.length > (isTest(file.path) ? 800 : 500))
      .map((file) => `${file.path}: ${file.lines.length}`);
    expect(wrong).toEqual([]);
  });

  it('that are components of the console stay under 250', () => {
    const components = sources.filter((file) => file.path.endsWith('.svelte'));
    expect(components.length).toBeGreaterThan(10);
    const wrong = components
      .filter((file) => file.lines.length > 250)
      .map((file) => `${file.path}: ${file.lines.length}`);
    expect(wrong).toEqual([]);
  });

  it('of the packages open by saying what they are for', () => {
    const wrong = sources
      .filter((file) => /^packages\/[a-z-]+\/src\//.test(file.path))
      .filter((file) => !file.path.endsWith('/index.ts'))
      .filter((file) => !/^(#!.*\n)?(\/\*\*|\/\/|<!-- )/.test(file.text))
      .map((file) => file.path);
    expect(wrong).toEqual([]);
  });

  it('carry no debt without an address', () => {
    const wrong = sources
      .filter((file) => /\b(TODO|FIXME|XXX)\b(?!\(#\d+\))/.test(file.text))
      .filter((file) => file.path !== 'test/tidy.test.ts')
      .map((file) => file.path);
    expect(wrong).toEqual([]);
  });

  it('leave no test out', () => {
    const wrong = sources
      .filter((file) => /\b(it|test|describe)\.(skip|todo|only)\(/.test(codeOnly(file.text)))
      .map((file) => file.path);
    expect(wrong).toEqual([]);
  });

  it('of the tests never sleep', () => {
    const wrong = sources
      .filter((file) => file.path.endsWith('.test.ts'))
      .filter((file) => /await (sleep|delay|setTimeout)\(/.test(codeOnly(file.text)))
      .map((file) => file.path);
    expect(wrong).toEqual([]);
  });
});

describe('words', () => {
  it('for recovery and for emptying a host are the glossary’s', () => {
    const wrong = listFiles()
      .filter((path) => /\.(ts|mjs|svelte|md|yaml|json)$/.test(path) && path !== 'pnpm-lock.yaml')
      .filter((path) => !['test/tidy.test.ts', 'GLOSSARY.md'].includes(path))
      .filter((path) => existing(path) && /evacuat/i.test(readText(path)));
    expect(wrong).toEqual([]);
  });

  it('say domain only where libvirt is spoken to', () => {
    const allowed = /^packages\/(node-libvirt|agent\/(src\/shell|test))\//;
    const wrong = sources
      .filter((file) => file.path.startsWith('packages/') && !allowed.test(file.path))
      .filter((file) => /\bdomains?\b/i.test(codeOnly(file.text)))
      .map((file) => file.path);
    expect(wrong).toEqual([]);
  });
});

describe('docs', () => {
  it('explain every error code, and none that does not exist', () => {
    const text = readText('docs/errors.md');
    const explained = [...text.matchAll(/^\|\s*`([a-z0-9-]+)`/gm)].map((match) => match[1] ?? '');
    expect(explained.toSorted()).toEqual(Object.keys(errorCatalogue).toSorted());
  });

  it('explain every reason of a preflight, and none that does not exist', () => {
    const text = readText('docs/migration.md');
    const tables = text.split('\n## ').filter((section) => section.includes('| code |'));
    const row = /^\|\s*(`[a-z-]+`(?:, `[a-z-]+`)*)\s*\|/gm;
    const rows = tables.flatMap((section) => [...section.matchAll(row)]);
    const explained = rows.flatMap(([, names = '']) => names.replaceAll('`', '').split(', '));
    // Told of a cold move, in its own words.
    const elsewhere = ['disk-elsewhere'];
    expect([...explained, ...elsewhere].toSorted()).toEqual([...preflightCodes].toSorted());
    for (const code of elsewhere) expect(text).toContain(`\`${code}\``);
  });

  it('link only to what is there', () => {
    const files = new Set(listFiles());
    const wrong = listFiles()
      .filter((path) => path.endsWith('.md') && existing(path))
      .flatMap((path) => brokenLinks(path, files));
    expect(wrong).toEqual([]);
  });
});

describe('the lock file', () => {
  it('names no download address', () => {
    expect(readText('pnpm-lock.yaml')).not.toMatch(/https?:\/\//);
  });
});

function existing(path: string): boolean {
  try {
    readText(path);
    return true;
  } catch {
    return false;
  }
}

function brokenLinks(path: string, files: ReadonlySet<string>): readonly string[] {
  const folder = path.split('/').slice(0, -1);
  return [...readText(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)(#[^)]*)?\)/g)]
    .map((match) => match[1] ?? '')
    .filter((link) => {
      const parts = [...folder];
      for (const part of link.split('/')) {
        if (part === '..') parts.pop();
        else if (part !== '.' && part !== '') parts.push(part);
      }
      const target = parts.join('/');
      return !files.has(target) && ![...files].some((file) => file.startsWith(`${target}/`));
    })
    .map((link) => `${path} → ${link}`);
}
