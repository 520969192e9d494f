/** Help, the manual page and completion: made from the commands, and whole for each of them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exitCodeMeanings } from '../src/logic/exit-code.ts';
import { buildProgram } from '../src/program.ts';
import { helpAfter } from '../src/shell/help-after.ts';
import { drover } from './support/drover.ts';
import { isThere } from './support/programs.ts';

const folder = mkdtempSync(join(tmpdir(), 'drover-help-'));
afterAll(() => rmSync(folder, { recursive: true }));

const docs = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');

interface Named {
  /** `host drain` */
  readonly path: string;
  readonly command: Command;
}

function leaves(parent: Command, words: readonly string[] = []): readonly Named[] {
  return parent.commands.flatMap((command) => {
    const path = [...words, command.name()];
    if (command.commands.length > 0) return leaves(command, path);
    return [{ path: path.join(' '), command }];
  });
}

const program = buildProgram();
const all = leaves(program);

describe('help', () => {
  it('of every command fits 80 columns, and has examples that begin with its own words', () => {
    expect(all.length).toBeGreaterThan(80);
    for (const { path, command } of all) {
      const after = helpAfter(command);
      const help = command.helpInformation() + after;
      const wide = help.split('\n').filter((line) => line.length > 80);
      expect({ path, wide }).toEqual({ path, wide: [] });
      expect(help).not.toContain('(default: [])');
      expect(after).toContain('Examples:');
      expect(after).toContain(`drover ${path}`);
    }
  });

  it('goes to stdout, and names the exit codes', async () => {
    const { code, stdout, stderr } = await drover(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(stdout).toContain('Examples:');
    expect(stdout).toMatch(/^ +64 +not understood/m);
  });

  it('and docs/cli.md have the same exit codes', () => {
    const [, section = ''] = docs.split('## Exit codes');
    const documented = [...section.matchAll(/^\| ([0-9]+) \|/gm)].map(([, code]) => Number(code));
    expect(documented).toEqual(exitCodeMeanings.map(([code]) => code));
  });

  it('has every command in docs/cli.md', () => {
    const missing = all.filter(({ path }) => !new RegExp(`\`(drover )?${path}[ \`]`).test(docs));
    expect(missing.map(({ path }) => path)).toEqual([]);
  });
});

describe('the manual page', () => {
  let page = '';
  beforeAll(async () => {
    page = (await drover(['man'], { SOURCE_DATE_EPOCH: '1700000000' })).stdout;
  });

  it('has every command with its options, and is the same whenever it is made', () => {
    expect(page).toContain('.TH DROVER 1 "2023-11-14"');
    const roff = (text: string) => text.replaceAll('-', '\\-').replaceAll('…', '\\[u2026]');
    for (const { path, command } of all) {
      expect(page).toContain(`.SS "drover ${roff(path)}`);
      for (const { flags } of command.options) expect(page).toContain(`.B ${roff(flags)}`);
    }
    // Nothing but ASCII: it is read in any locale.
    expect(/^[\n\x20-\x7e]*$/.test(page)).toBe(true);
  });

  it.skipIf(!isThere('mandoc'))('has nothing that mandoc warns of', () => {
    const lint = () =>
      execFileSync('mandoc', ['-Tlint', '-Wwarning'], { input: page, encoding: 'utf8' });
    expect(lint()).toBe('');
    const read = execFileSync('mandoc', ['-Tascii'], { input: page, encoding: 'utf8' });
    expect(read).toMatch(/\$ drover host drain h2 --dry-run/);
  });

  it.skipIf(!isThere('man'))('has nothing that man warns of', () => {
    const file = join(folder, 'drover.1');
    writeFileSync(file, page);
    // Warnings go to stderr, which ends the test.
    const script = 'test -z "$(man --warnings -l "$1" 2>&1 >/dev/null)"';
    const env = { ...process.env, MANPAGER: 'cat', MANWIDTH: '80', LC_ALL: 'C.UTF-8' };
    expect(() => execFileSync('sh', ['-c', script, 'sh', file], { env })).not.toThrow();
  });
});

const asked: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['a noun', ['ho'], ['host']],
  ['a verb', ['host', 'dr'], ['drain']],
  ['a verb of a verb', ['migration', 'policy', 'se'], ['set']],
  ['past options and their values', ['--api', 'host', 'vm', 'cre'], ['create']],
  ['an option past a name', ['host', 'drain', 'h2', '--dry'], ['--dry-run']],
  ['the values of an option', ['vm', 'list', '-o', 'js'], ['json']],
  ['those of one command alone', ['token', 'create', 'x', '--role', 'op'], ['operator']],
];

describe('completion', () => {
  const script = async (shell: string) => (await drover(['completion', shell])).stdout;
  const lines = (text: string) => text.split('\n').filter((line) => line !== '');

  describe('in bash', () => {
    let made = '';
    beforeAll(async () => {
      made = await script('bash');
    });
    const complete = (words: readonly string[]) => {
      const list = ['drover', ...words].map((word) => `'${word}'`).join(' ');
      const ask = `COMP_WORDS=(${list}); COMP_CWORD=${words.length}; _drover; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return lines(
        execFileSync('bash', ['-c', `${made}\n${ask}`], { encoding: 'utf8', cwd: folder }),
      );
    };

    for (const [what, words, found] of asked) {
      it(`knows ${what}`, () => expect(complete(words)).toEqual(found));
    }

    it('offers files where a value may be anything', () => {
      writeFileSync(join(folder, 'my-token'), '');
      expect(complete(['--token-file', 'my-t'])).toEqual(['my-token']);
    });
  });

  describe.skipIf(!isThere('zsh'))('in zsh', () => {
    let made = '';
    beforeAll(async () => {
      made = await script('zsh');
    });
    // What the shell’s own completion is told, where no line is being typed.
    const stub =
      'compdef() { :; }; compadd() { shift; print -l -- "$@"; }; _files() { print FILES; }';
    const complete = (words: readonly string[]) => {
      const list = ['drover', ...words].map((word) => `'${word}'`).join(' ');
      const ask = `words=(${list}); CURRENT=${words.length + 1}; _drover`;
      const argv = ['-f', '-c', `${stub}\n${made}\n${ask}`];
      return lines(execFileSync('zsh', argv, { encoding: 'utf8' }));
    };

    for (const [what, words, found] of asked) {
      it(`knows ${what}`, () => {
        const begun = words.at(-1) ?? '';
        expect(complete(words).filter((word) => word.startsWith(begun))).toEqual(found);
      });
    }

    it('offers files where a value may be anything', () => {
      expect(complete(['--token-file', ''])).toEqual(['FILES']);
    });
  });

  describe.skipIf(!isThere('fish'))('in fish', () => {
    const file = join(folder, 'drover.fish');
    beforeAll(async () => writeFileSync(file, await script('fish')));
    const complete = (words: readonly string[]) => {
      const line = ['drover', ...words].join(' ');
      const argv = ['--no-config', '-c', `source ${file}; complete -C '${line}'`];
      const env = { PATH: process.env['PATH'] ?? '', HOME: folder };
      const told = execFileSync('fish', argv, { encoding: 'utf8', cwd: folder, env });
      return lines(told).map((one) => one.split('\t')[0] ?? '');
    };

    for (const [what, words, found] of asked) {
      it(`knows ${what}`, () => expect(complete(words)).toEqual(found));
    }

    it('offers files where a value may be anything', () => {
      writeFileSync(join(folder, 'my-token'), '');
      expect(complete(['--token-file', 'my-t'])).toEqual(['my-token']);
    });
  });
});
