import { describe, expect, it } from 'vitest';
import { failureLines, readReport } from '../deploy/checks/report.ts';

const passed = { fullName: 'a drain ends', status: 'passed', failureMessages: [] };
const failed = {
  fullName: 'a drain moves every VM',
  status: 'failed',
  failureMessages: ['AssertionError: expected 1 to be 2\n    at /here/test/drain.test.ts:9:1'],
};

const report = (...testResults: readonly object[]) =>
  readReport(JSON.stringify({ numPassedTests: 1, numFailedTests: 1, testResults }));

const linesOf = (...testResults: readonly object[]) =>
  report(...testResults).failures.flatMap((failure) => failureLines(failure, '/here'));

describe('the end of a test run', () => {
  it('names each failed test, its file, and what it said', () => {
    expect(
      linesOf({
        name: '/here/test/drain.test.ts',
        status: 'failed',
        assertionResults: [passed, failed],
      }),
    ).toEqual([
      'FAILED  test/drain.test.ts > a drain moves every VM',
      '    AssertionError: expected 1 to be 2',
      '        at test/drain.test.ts:9:1',
    ]);
  });

  it('names a file that broke outside its tests', () => {
    expect(
      linesOf({
        name: '/here/test/drain.test.ts',
        status: 'failed',
        message: 'no Docker here',
        assertionResults: [passed],
      }),
    ).toEqual(['FAILED  test/drain.test.ts', '    no Docker here']);
  });

  it('says nothing of what passed', () => {
    expect(
      linesOf({ name: '/here/test/drain.test.ts', status: 'passed', assertionResults: [passed] }),
    ).toEqual([]);
  });

  it('cuts a long message, and says that there is more', () => {
    const lines = failureLines(
      { file: 'a', test: 'b', said: Array.from({ length: 40 }, () => 'x').join('\n') },
      '/here',
    );
    expect(lines).toHaveLength(27);
    expect(lines.at(-1)).toBe('    … 15 more lines, above');
  });

  it('counts a tier that left no report as one failure', () => {
    expect(readReport(undefined)).toMatchObject({ passed: 0, failed: 1 });
  });
});
