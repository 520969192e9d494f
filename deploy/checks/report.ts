/** Reads what vitest's JSON reporter wrote of a tier: how many tests passed, and what the failed ones said. */

export interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
}

/** A test that failed, or a file that broke outside its tests; `said` is its message, stack included. */
export interface Failure {
  readonly file: string;
  readonly test: string | undefined;
  readonly said: string;
}

/** The parts that are read of the report (https://vitest.dev/guide/reporters, JSON). */
interface Written {
  readonly numPassedTests?: number;
  readonly numFailedTests?: number;
  readonly numPendingTests?: number;
  readonly numTodoTests?: number;
  readonly testResults?: readonly WrittenFile[];
}

interface WrittenFile {
  readonly name: string;
  readonly status: string;
  readonly message?: string;
  readonly assertionResults: readonly WrittenTest[];
}

interface WrittenTest {
  readonly fullName: string;
  readonly status: string;
  readonly failureMessages?: readonly string[] | null;
}

/** Lines of a failed test's message that are shown: it names cause and place within these, or never. */
const shownLines = 25;

/** `text` is the report's JSON; a tier without one has failed once, of which nothing more is known. */
export function readReport(text: string | undefined): Report {
  if (text === undefined) return { passed: 0, failed: 1, skipped: 0, failures: [] };
  const written = JSON.parse(text) as Written;
  return {
    passed: written.numPassedTests ?? 0,
    failed: written.numFailedTests ?? 0,
    skipped: (written.numPendingTests ?? 0) + (written.numTodoTests ?? 0),
    failures: (written.testResults ?? []).flatMap(failuresOf),
  };
}

function failuresOf(file: WrittenFile): readonly Failure[] {
  const tests = file.assertionResults
    .filter((test) => test.status === 'failed')
    .map((test) => ({
      file: file.name,
      test: test.fullName,
      said: (test.failureMessages ?? []).join('\n'),
    }));
  if (tests.length > 0 || file.status !== 'failed') return tests;
  return [{ file: file.name, test: undefined, said: file.message ?? '' }];
}

/** The lines that tell of a failure; `root` is cut off paths. */
export function failureLines({ file, test, said }: Failure, root: string): readonly string[] {
  const lines = said.replaceAll(`${root}/`, '').trim().split('\n');
  const left = lines.length - shownLines;
  return [
    `FAILED  ${file.replace(`${root}/`, '')}${test === undefined ? '' : ` > ${test}`}`,
    ...lines.slice(0, shownLines).map((line) => `    ${line}`),
    ...(left > 0 ? [`    … ${left} more lines, above`] : []),
  ];
}
