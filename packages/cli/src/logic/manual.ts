/** The manual page drover(1) as roff, from what the commands say of themselves. Which commands there are is the program’s. */
import { exitCodeMeanings } from './exit-code.ts';

export interface ManualOption {
  /** `-o, --output <form>` */
  readonly flags: string;
  readonly text: string;
}

export interface ManualCommand {
  /** `drover host drain <host>` */
  readonly usage: string;
  readonly text: string;
  readonly options: readonly ManualOption[];
  /** What its help has below that: examples, forms of values. */
  readonly after: string;
}

export interface Manual {
  readonly version: string;
  /** `2026-11-29` */
  readonly date: string;
  readonly summary: string;
  readonly globals: readonly ManualOption[];
  readonly commands: readonly ManualCommand[];
  readonly examples: readonly string[];
}

const environment: readonly ManualOption[] = [
  { flags: 'DROVER_API', text: 'Where the API is, where --api does not say it.' },
  { flags: 'DROVER_TOKEN_FILE', text: 'A file with the token, where no option names one.' },
  { flags: 'DROVER_TOKEN', text: 'The token itself. It goes before DROVER_TOKEN_FILE.' },
  { flags: 'NO_COLOR', text: 'Set to anything: no colour.' },
  { flags: 'CI', text: 'Set to anything: nothing is redrawn, and nobody is asked.' },
];

export function manualPage(manual: Manual): string {
  const { version, date, summary, globals, commands, examples } = manual;
  const lines = [
    '.\\" Made by “drover man” from the commands themselves.'.replaceAll(/[“”]/g, '"'),
    `.TH DROVER 1 "${date}" "drover ${roff(version)}" "User Commands"`,
    '.SH NAME',
    `drover \\- ${text(summary.replace(/\.$/, ''))}`,
    '.SH SYNOPSIS',
    '.B drover',
    text('[--api URL] [--token-file PATH] [-o FORM] NOUN VERB [NAME] [options]'),
    '.SH DESCRIPTION',
    text('drover speaks to the HTTP API of a Drover cluster and to nothing else.'),
    text('Results are on stdout; progress, questions and errors on stderr.'),
    '.SH OPTIONS',
    'These may stand anywhere.',
    ...globals.flatMap(option),
    '.SH COMMANDS',
    ...commands.flatMap(command),
    '.SH ENVIRONMENT',
    ...environment.flatMap(option),
    '.SH EXIT STATUS',
    ...exitCodeMeanings.flatMap(([code, meaning]) => option({ flags: `${code}`, text: meaning })),
    '.SH EXAMPLES',
    ...literal(examples),
    '.SH SEE ALSO',
    '.BR virsh (1)',
  ];
  return `${lines.join('\n')}\n`;
}

function command({ usage, text: about, options, after }: ManualCommand): readonly string[] {
  return [
    `.SS "${roff(usage)}"`,
    ...paragraphs(about),
    ...options.flatMap(option),
    ...(after.trim() === '' ? [] : ['.PP', ...literal(after.trim().split('\n'))]),
  ];
}

function option({ flags, text: about }: ManualOption): readonly string[] {
  return ['.TP', `.B ${roff(flags)}`, text(about)];
}

function paragraphs(about: string): readonly string[] {
  return about
    .split('\n\n')
    .flatMap((part, index) => (index === 0 ? [] : ['.PP']).concat(text(part)));
}

/** As it stands, line by line. */
function literal(lines: readonly string[]): readonly string[] {
  return ['.nf', ...lines.map((line) => (line.trim() === '' ? '.sp' : text(line))), '.fi'];
}

/** A line of text: what would be an instruction at its start is none. */
function text(line: string): string {
  const escaped = roff(line);
  return /^[.']/.test(escaped) ? `\\&${escaped}` : escaped;
}

const named: Readonly<Record<string, string>> = {
  '\\': '\\e',
  '-': '\\-',
  '"': '\\(dq',
  '^': '\\(ha',
  '~': '\\(ti',
  '`': '\\(ga',
  '“': '\\(lq',
  '”': '\\(rq',
  '’': '\\(cq',
  '×': '\\(mu',
  '→': '\\(->',
};

/** Nothing but ASCII, whatever the locale of who reads it. */
function roff(line: string): string {
  return Array.from(line, (character) => {
    const known = named[character];
    if (known !== undefined) return known;
    const code = character.codePointAt(0) ?? 0;
    if (code < 128) return character;
    return `\\[u${code.toString(16).toUpperCase().padStart(4, '0')}]`;
  }).join('');
}
