/** What is hardly HTTP, or not at all, byte by byte. The answer is a refusal as others are, or the end of the connection. */
import type { Random } from '@drover/core';
import { tokens } from './cluster.ts';
import { judgeProblem, type Rules } from './judge.ts';

const auth = `Authorization: Bearer ${tokens.admin}`;
const get = (head: string, more = '') =>
  `GET ${head} HTTP/1.1\r\nHost: drover\r\n${auth}\r\n${more}\r\n`;
const post = (headers: string, body: string) =>
  `POST /v1/placements HTTP/1.1\r\nHost: drover\r\n${auth}\r\nContent-Type: application/json\r\n${headers}\r\n${body}`;

const texts: readonly string[] = [
  '\0\0\0\0\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'.padEnd(80, '\x01'),
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'GET /v1/vms\r\n',
  'get /v1/vms HTTP/1.1\r\nHost: x\r\n\r\n',
  'FOO /v1/vms HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET /v1/vms HTTP/9.9\r\nHost: x\r\n\r\n',
  `GET /v1/vms HTTP/1.1\r\n${auth}\r\n\r\n`,
  `GET /v1/vms HTTP/1.0\r\n${auth}\r\n\r\n`,
  get('/v1/vms/\0'),
  get('/v1/vms/a b'),
  get('/v1/vms/\xff\xfe'),
  get('//evil.example/v1/vms'),
  get('http://evil.example/v1/vms'),
  get('*'),
  get(`/v1/vms?continue=${'x'.repeat(40_000)}`),
  get('/v1/vms', `X-Long: ${'x'.repeat(40_000)}\r\n`),
  get('/v1/vms', 'X: y\r\n'.repeat(3_000)),
  get('/v1/vms', 'X-Nul: a\0b\r\n'),
  get('/v1/vms', 'X-Folded: a\r\n b\r\n'),
  get('/v1/vms', 'No colon\r\n'),
  get('/v1/vms', ': nothing\r\n'),
  get('/v1/vms', 'Host: other\r\n'),
  get('/v1/vms', 'Expect: the-moon\r\n'),
  get('/v1/vms', 'Connection: Upgrade\r\nUpgrade: websocket\r\n'),
  get('/v1/vms', 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n'),
  'CONNECT etcd:2379 HTTP/1.1\r\nHost: etcd:2379\r\n\r\n',
  post('Content-Length: 2\r\nContent-Length: 3\r\n', '{}'),
  post('Content-Length: 2\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
  post('Content-Length: -1\r\n', '{}'),
  post('Content-Length: 99999999999999999999\r\n', '{}'),
  post('Content-Length: 1e3\r\n', '{}'),
  post('Transfer-Encoding: chunked\r\n', 'zz\r\n{}\r\n0\r\n\r\n'),
  post('Transfer-Encoding: chunked\r\n', 'ffffffffffffffff\r\n{}\r\n0\r\n\r\n'),
  post('Transfer-Encoding: gzip, chunked\r\n', '2\r\n{}\r\n0\r\n\r\n'),
  post('Transfer-Encoding: chunked\r\nTrailer: X\r\n', '2\r\n{}\r\n0\r\nX: y\r\n\r\n'),
  post('Content-Length: 2\r\n', '{}GET /v1/nothing HTTP/1.1\r\n\r\n'),
];

export function drawNoHttp(random: Random): Buffer {
  const bytes = Buffer.from(random.pick(texts) ?? '', 'latin1');
  if (random.chance(700)) return bytes;
  const at = random.below(bytes.length);
  bytes[at] = random.below(256);
  return bytes;
}

/** What is wrong with what came; nothing is fine as well. */
export function judgeNoHttp(heard: string, rules: Rules): readonly string[] {
  const [, status] = /^HTTP\/1\.1 ([0-9]{3}) /.exec(heard) ?? [];
  if (status === undefined) return heard === '' ? [] : ['is no answer of HTTP'];
  if (Number(status) < 400) return [];
  const [head = '', body = ''] = heard.split('\r\n\r\n', 2);
  const type = /^content-type: (.*)$/im.exec(head)?.[1]?.trim();
  const length = Number(/^content-length: (.*)$/im.exec(head)?.[1]);
  const text = Buffer.from(body, 'latin1').subarray(0, length).toString('utf8');
  return judgeProblem(Number(status), type, text, rules);
}
