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
      return zsh(program);
    case 'fish':
      return fish(program);
  }
}

function bash(program: CommandWords): string {
  return [
    '_drover() {',
    "  local word at='' choices=''",
    '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
    ...descend(program),
    '  done',
    ...choose(program),
    '  COMPREPLY=($(compgen -W "$choices" -- "${COMP_WORDS[COMP_CWORD]}"))',
    '}',
    'complete -F _drover drover',
    '',
  ].join('\n');
}

function zsh(program: CommandWords): string {
  return [
    '_drover() {',
    "  local word at='' choices=''",
    '  for word in ${words[2,CURRENT-1]}; do',
    ...descend(program),
    '  done',
    ...choose(program),
    '  compadd -- ${=choices}',
    '}',
    'compdef _drover drover',
    '',
  ].join('\n');
}

/** `at` becomes the command that the words so far name; options and their values are passed over. */
function descend(program: CommandWords): readonly string[] {
  const paths = flatten(program, '').filter(({ path }) => path !== '');
  return [
    '    case "$at $word" in',
    ...paths.map(({ path }) => `      '${path}') at='${path}' ;;`),
    '    esac',
  ];
}

/** What may follow there: commands and options. */
function choose(program: CommandWords): readonly string[] {
  const cases = flatten(program, '').map(({ path, command }) => {
    const choices = [...command.commands.map((one) => one.name), ...command.options].join(' ');
    return `    '${path}') choices='${choices}' ;;`;
  });
  return ['  case "$at" in', ...cases, '  esac'];
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
