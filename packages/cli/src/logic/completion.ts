/** Completion scripts for shells, from the tree of commands. They call nothing: names of VMs are not asked for. */

export interface CommandWords {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly string[];
  readonly commands: readonly CommandWords[];
}

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export function completionScript(shell: Shell, program: CommandWords): string {
  switch (shell) {
    case 'bash':
      return bash(program);
    case 'zsh':
      // zsh runs bash's completion functions, arrays counted from zero included.
      return `#compdef drover\nautoload -U +X bashcompinit && bashcompinit\n${bash(program)}`;
    case 'fish':
      return fish(program);
  }
}

/** `path` is the words before; what may follow are commands, or options. */
function bash(program: CommandWords): string {
  const cases = flatten(program, '').map(
    ({ path, command }) =>
      `    '${path}') words='${[...command.commands.map((one) => one.name), ...command.options].join(' ')}' ;;`,
  );
  return [
    '_drover() {',
    "  local word path='' words=''",
    '  local at',
    '  for ((at = 1; at < COMP_CWORD; at++)); do',
    '    word="${COMP_WORDS[at]}"',
    '    case "$path $word" in',
    ...flatten(program, '')
      .filter(({ path }) => path !== '')
      .map(({ path }) => `      '${path}') path='${path}' ;;`),
    '    esac',
    '  done',
    '  case "$path" in',
    ...cases,
    '  esac',
    '  COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -F _drover drover',
    '',
  ].join('\n');
}

function fish(program: CommandWords): string {
  const lines = program.commands.flatMap((noun) => [
    `complete -c drover -n __fish_use_subcommand -a ${noun.name} -d '${quoted(noun.summary)}'`,
    ...noun.commands.map(
      (verb) =>
        `complete -c drover -n '__fish_seen_subcommand_from ${noun.name}; and not __fish_seen_subcommand_from ${noun.commands.map((one) => one.name).join(' ')}' -a ${verb.name} -d '${quoted(verb.summary)}'`,
    ),
    ...[noun, ...noun.commands].flatMap((command) =>
      command.options
        .filter((option) => option.startsWith('--'))
        .map(
          (option) =>
            `complete -c drover -n '__fish_seen_subcommand_from ${command.name}' -l ${option.slice(2)}`,
        ),
    ),
  ]);
  return ['complete -c drover -f', ...new Set(lines), ''].join('\n');
}

function quoted(text: string): string {
  return text.replaceAll("'", "\\'");
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
