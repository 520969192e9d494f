/** Completion scripts for shells, from the tree of commands. They call nothing: names of VMs are not asked for. */

export interface OptionWords {
  /** `--output`, `-o` */
  readonly words: readonly string[];
  readonly summary: string;
  readonly takesValue: boolean;
  /** All values that there are; none: any, such as a file. */
  readonly choices: readonly string[];
}

export interface CommandWords {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly OptionWords[];
  readonly commands: readonly CommandWords[];
}

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export function completionScript(shell: Shell, program: CommandWords): string {
  switch (shell) {
    case 'bash':
      return bash(program);
    case 'zsh':
      return zsh(program);
    case 'fish':
      return fish(program);
  }
}

function bash(program: CommandWords): string {
  return [
    ...values(program),
    '_drover() {',
    "  local word before='' at='' choices='' current=\"${COMP_WORDS[COMP_CWORD]}\"",
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    ...descend(program),
    '  done',
    "  choices=''",
    '  if _drover_value "$at $before"; then',
    '    if [ -z "$choices" ]; then COMPREPLY=($(compgen -f -- "$current")); return; fi',
    '  else',
    ...choose(program),
    '  fi',
    '  COMPREPLY=($(compgen -W "$choices" -- "$current"))',
    '}',
    'complete -o filenames -F _drover drover',
    '',
  ].join('\n');
}

function zsh(program: CommandWords): string {
  return [
    ...values(program),
    '_drover() {',
    "  local word before='' at='' choices=''",
    '  for word in ${words[2,CURRENT-1]}; do',
    ...descend(program),
    '  done',
    "  choices=''",
    '  if _drover_value "$at $before"; then',
    '    if [ -z "$choices" ]; then _files; return; fi',
    '  else',
    ...choose(program),
    '  fi',
    '  compadd -- ${=choices}',
    '}',
    'compdef _drover drover',
    '',
  ].join('\n');
}

/** Does a value come after this option of this command, and which ones are there? For bash and zsh. */
function values(program: CommandWords): readonly string[] {
  const cases = valuePatterns(program, (path, word) =>
    path === undefined ? `*' ${word}'` : `'${path} ${word}'`,
  );
  return [
    '_drover_value() {',
    '  case "$1" in',
    ...cases.map(({ patterns, choices }) => `    ${patterns.join('|')}) choices='${choices}' ;;`),
    '    *) return 1 ;;',
    '  esac',
    '}',
  ];
}

/** Those of one command first: the ones that every command knows are looked for after them. */
function valuePatterns(
  program: CommandWords,
  patternOf: (path: string | undefined, word: string) => string,
): readonly { readonly patterns: readonly string[]; readonly choices: string }[] {
  const everywhere = new Set(program.options.flatMap(({ words }) => words));
  const isOwn = (option: OptionWords) => !option.words.some((word) => everywhere.has(word));
  const own = flatten(program, '').flatMap(({ path, command }) =>
    command.options.filter(isOwn).map((option) => ({ path, option })),
  );
  const shared = program.options.map((option) => ({ path: undefined, option }));
  return [...own, ...shared]
    .filter(({ option }) => option.takesValue)
    .map(({ path, option }) => ({
      patterns: option.words.map((word) => patternOf(path, word)),
      choices: option.choices.join(' '),
    }));
}

/** `at` becomes the command that the words so far name; options and their values are passed over. */
function descend(program: CommandWords): readonly string[] {
  const paths = flatten(program, '').filter(({ path }) => path !== '');
  return [
    '    if _drover_value "$at $before"; then',
    "      before=''",
    '      continue',
    '    fi',
    '    before="$word"',
    '    case "$at $word" in',
    ...paths.map(({ path }) => `      '${path}') at='${path}' ;;`),
    '    esac',
  ];
}

/** What may follow there: commands and options. */
function choose(program: CommandWords): readonly string[] {
  const cases = flatten(program, '').map(({ path, command }) => {
    const options = command.options.flatMap(({ words }) => words);
    const choices = [...command.commands.map((one) => one.name), ...options].join(' ');
    return `      '${path}') choices='${choices}' ;;`;
  });
  return ['    case "$at" in', ...cases, '    esac'];
}

function fish(program: CommandWords): string {
  const all = flatten(program, '');
  const paths = all.filter(({ path }) => path !== '').map(({ path }) => `'${path}'`);
  const patterns = valuePatterns(program, (path, word) =>
    path === undefined ? `'* ${word}'` : `'${path} ${word}'`,
  );
  return [
    'function __drover_value',
    '    switch $argv[1]',
    `        case ${patterns.flatMap((one) => one.patterns).join(' ')}`,
    '            return 0',
    '    end',
    '    return 1',
    'end',
    'function __drover_at',
    "    set -l at ''",
    "    set -l before ''",
    '    for word in (commandline -opc)[2..]',
    '        if __drover_value "$at $before"',
    "            set before ''",
    '            continue',
    '        end',
    '        set before $word',
    '        switch "$at $word"',
    `            case ${paths.join(' ')}`,
    '                set at "$at $word"',
    '        end',
    '    end',
    '    test "$at" = "$argv[1]"',
    'end',
    'complete -c drover -f',
    ...all.flatMap(({ path, command }) => [
      ...command.commands.map(
        (one) => `${fishAt(path)} -a ${one.name} -d '${quoted(one.summary)}'`,
      ),
      ...command.options.map((option) => fishAt(path) + fishOption(option)),
    ]),
    '',
  ].join('\n');
}

function fishAt(path: string): string {
  return `complete -c drover -n '__drover_at "${path}"'`;
}

function fishOption({ words, summary, takesValue, choices }: OptionWords): string {
  const names = words.map((word) =>
    word.startsWith('--') ? ` -l ${word.slice(2)}` : ` -s ${word.slice(1)}`,
  );
  const value = !takesValue
    ? ''
    : choices.length === 0
      ? ' -r -F'
      : ` -x -a '${choices.join(' ')}'`;
  return `${names.join('')}${value} -d '${quoted(summary)}'`;
}

function quoted(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "\\'");
}

function flatten(
  command: CommandWords,
  path: string,
): readonly { readonly path: string; readonly command: CommandWords }[] {
  return [
    { path, command },
    ...command.commands.flatMap((one) => flatten(one, `${path} ${one.name}`)),
  ];
}
