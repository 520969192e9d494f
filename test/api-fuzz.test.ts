/**
 * The API answers whatever is asked as its OpenAPI file says it does: a short run from a seed that never changes and one
 * from a new seed each time. `npm run -s fuzz:api` does fifty thousand. And those who judge see what is wrong.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { tokens } from './api-fuzz/cluster.ts';
import { type Drawn, draw } from './api-fuzz/draw.ts';
import { codesOf, judge, type Rules } from './api-fuzz/judge.ts';
import { Learnt } from './api-fuzz/learnt.ts';
import { judgeNoHttp } from './api-fuzz/no-http.ts';
import { type OpenApi, operationsOf, type Schema } from './api-fuzz/operations.ts';
import { fuzz } from './api-fuzz/run.ts';
import type { Answered } from './api-fuzz/send.ts';
import { secretWord } from './api-fuzz/values.ts';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const document = JSON.parse(read('packages/client/openapi.json')) as OpenApi;
const operations = operationsOf(document);
const rules: Rules = {
  operations,
  problem: document.components.schemas['Problem'] as Schema,
  codes: codesOf(read('docs/errors.md')),
  learnt: new Learnt(),
  mostMs: 1_000,
};

describe('the API in front of a simulated cluster', () => {
  it.each([1, Math.floor(Math.random() * 2 ** 31)])(
    'answers as it says, from seed %d',
    async (seed) => {
      const report = await fuzz({ seed, requests: 1_200 });
      expect(report.findings).toEqual([]);
      // It got somewhere: most operations were carried out, and much was refused.
      expect(report.succeeded).toBeGreaterThan(50);
      expect(report.byStatus['202']).toBeGreaterThan(20);
      expect(report.byStatus['400']).toBeGreaterThan(100);
    },
    120_000,
  );
});

describe('what is drawn', () => {
  const drawn = (seed: number, learnt = new Learnt()) =>
    Array.from({ length: 300 }, (_, number) => draw({ seed, number }, operations, learnt));

  it('is the same again from the same seed, and has all kinds of every method', () => {
    expect(drawn(7)).toEqual(drawn(7));
    expect(drawn(7)).not.toEqual(drawn(8));
    expect(new Set(drawn(7).map(({ kind }) => kind)).size).toBe(3);
    const methods = new Set(drawn(7).map(({ method }) => method));
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])
      expect(methods).toContain(method);
  });

  it('is about what answers have told of', () => {
    const learnt = new Learnt();
    learnt.hear('/v1/vms', {}, { items: [{ id: 'an-id', name: 'learnt-of' }] });
    expect(drawn(7, learnt).some(({ url }) => url.includes('/v1/vms/learnt-of'))).toBe(true);
  });
});

describe('the judge', () => {
  const asked = (path: string, method = 'GET', more: Partial<Drawn> = {}): Drawn => {
    const operation = operations.find((one) => one.method === method && one.path === path);
    if (operation === undefined) throw new Error(`no ${method} ${path}`);
    const whole = { number: 0, kind: 'meant', operation, method, url: path } as const;
    return { ...whole, headers: {}, isAdmin: false, mayWait: false, passMs: 0, ...more };
  };
  const answer = (status: number, body: object, more: Partial<Answered> = {}): Answered => ({
    type: 'answered',
    status,
    headers: {
      'content-type': status < 400 ? 'application/json' : 'application/problem+json',
      'x-request-id': 'x',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'",
      'cache-control': 'no-store',
    },
    text: JSON.stringify(body),
    ms: 1,
    ...more,
  });
  const problem = (status: number, code: string) => ({
    type: `urn:drover:error:${code}`,
    code,
    title: 'x',
    status,
    detail: 'x',
    retry: 'never',
  });
  const list = asked('/v1/migrations');
  const migration = {
    operationId: 'x',
    vmId: '11111111-1111-4111-8111-111111111111',
    vmName: 'web',
    source: 'h1',
    target: 'h2',
    step: 'perform',
  };

  it('finds nothing wrong with what is right', () => {
    expect(judge(list, answer(200, { items: [migration] }), rules)).toEqual([]);
    expect(judge(list, answer(404, problem(404, 'vm-not-found')), rules)).toEqual([]);
  });

  it.each<readonly [string, Answered, string]>([
    [
      'a field that is not as described',
      answer(200, { items: [{ ...migration, source: '' }] }),
      'is not what is described: /items/0/source',
    ],
    ['a field too many', answer(200, { items: [], more: 1 }), 'is not what is described'],
    ['a status that is not described', answer(203, { items: [] }), 'status 203 is not described'],
    ['a defect', answer(500, problem(500, 'internal')), 'is 500 internal: a defect'],
    [
      'a code that is not explained',
      answer(404, problem(404, 'lost')),
      'lost is not in docs/errors.md',
    ],
    [
      'another status than the code has',
      answer(400, problem(400, 'vm-not-found')),
      'is 400, and 404',
    ],
    ['no problem document', answer(404, { message: 'no' }), 'is no problem document'],
    [
      'a refusal that does not say when to go on',
      answer(429, problem(429, 'too-many-requests')),
      'has no retry-after',
    ],
    [
      'what a VM is told in secret',
      answer(200, { items: [], more: secretWord }),
      'tells what cloud-init says',
    ],
    ['a token', answer(200, { items: [], more: tokens.viewer }), 'tells a token'],
    ['one that took long', answer(200, { items: [] }, { ms: 1_001 }), 'took 1001 ms'],
  ])('sees %s', (_, wrong, what) => {
    expect(judge(list, wrong, rules).join('\n')).toContain(what);
  });

  it('knows who may see what cloud-init says', () => {
    const vm = answer(200, { userData: secretWord });
    const url = '/v1/vms/web?include=cloud-init';
    const leaks = (isAdmin: boolean) =>
      judge(asked('/v1/vms/{vm}', 'GET', { url, isAdmin }), vm, rules).includes(
        'tells what cloud-init says',
      );
    expect([leaks(true), leaks(false)]).toEqual([false, true]);
  });

  it('takes the end of a connection for an answer to what is not HTTP, and an empty refusal for none', () => {
    const refusal = JSON.stringify(problem(400, 'bad-request'));
    const head = `content-type: application/problem+json\r\ncontent-length: ${refusal.length}`;
    expect(judgeNoHttp('', rules)).toEqual([]);
    expect(judgeNoHttp(`HTTP/1.1 400 Bad Request\r\n${head}\r\n\r\n${refusal}`, rules)).toEqual([]);
    expect(judgeNoHttp('HTTP/1.1 417 Expectation Failed\r\n\r\n', rules)).not.toEqual([]);
  });
});
