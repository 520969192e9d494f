/**
 * One answer to one GET, through redirects, each checked as the first address was. Connects only to the addresses that
 * the check gave. What the answer means for an image is not decided here.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { DroverError } from '@drover/protocol';
import type { Address, ImageHosts } from './image-hosts.ts';

export const mostRedirects = 5;
const redirects = [301, 302, 303, 307, 308];

export interface Get {
  readonly url: string;
  readonly hosts: ImageHosts;
  readonly headers: Readonly<Record<string, string>>;
  /** Of each connection, until it answers. */
  readonly answerMs: number;
  readonly signal: AbortSignal;
}

/** Whoever gets it reads or destroys it. */
export async function httpGet(get: Get): Promise<IncomingMessage> {
  let url = parsed(get.url);
  for (let count = 0; ; count += 1) {
    const answer = await ask(url, await get.hosts.addressesOf(url), get);
    const { statusCode = 0, headers } = answer;
    if (!redirects.includes(statusCode)) return answer;
    answer.destroy();
    if (count === mostRedirects) {
      throw new DroverError(
        'source-refused',
        `${url.host} redirects more than ${mostRedirects} times`,
      );
    }
    url = parsed(headers.location ?? '', url);
  }
}

function parsed(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href);
  if (url !== null) return url;
  throw new DroverError('source-unreachable', `${base?.host ?? 'the source'}: no address to go to`);
}

function ask(
  url: URL,
  addresses: readonly Address[],
  { headers, answerMs, signal }: Get,
): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const asked = request(url, {
    headers: { 'accept-encoding': 'identity', 'user-agent': 'drover', ...headers },
    // A connection of its own, to an address that was looked at.
    agent: false,
    lookup: (_host, { all }, done) => {
      const [first] = addresses;
      if (all) done(null, [...addresses]);
      else done(null, first?.address ?? '', first?.family);
    },
    signal,
  });
  const late = setTimeout(() => {
    asked.destroy(Object.assign(new Error(`no answer for ${answerMs} ms`), { code: 'ETIMEDOUT' }));
  }, answerMs);
  asked.on('response', resolve).on('error', reject).end();
  return promise.finally(() => clearTimeout(late));
}
