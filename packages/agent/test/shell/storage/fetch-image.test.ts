/** Images from servers: from listed ones alone, wherever they lead, and whole, whatever happens to connections. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { isErrorCode } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { fetchImage, type FetchOptions } from '../../../src/shell/storage/fetch-image.ts';
import { isPublic } from '../../../src/shell/storage/image-hosts.ts';
import { type Answer, ImageServer } from './image-server.ts';

const body = randomBytes(300_000);
const local = ['127.0.0.1'];
const times = { idleMs: 5_000, pauseMs: 1 };

function options(url: string, more: Partial<FetchOptions> = {}): FetchOptions {
  const signal = new AbortController().signal;
  return { url, hosts: local, maxBytes: 1_000_000, signal, onTotal: () => {}, times, ...more };
}

async function all(given: FetchOptions): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of fetchImage(given)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** `whole`, or the code that it ended with. */
async function outcome(given: FetchOptions): Promise<string> {
  try {
    return (await all(given)).equals(body) ? 'whole' : 'other bytes';
  } catch (error) {
    const { code = '' } = error as { code?: string };
    return isErrorCode(code) ? code : String(error);
  }
}

const whole: Answer = (response) => void response.end(body);

describe('an image is fetched', () => {
  it('from a server that is listed, and its size is told', async () => {
    await using server = await ImageServer.start((response) => {
      response.setHeader('content-length', body.length).end(body);
    });
    const totals: number[] = [];
    const onTotal = (totalBytes: number) => void totals.push(totalBytes);
    expect(await outcome(options(server.url, { onTotal }))).toBe('whole');
    expect(totals).toEqual([body.length]);
  });

  it('through redirects to servers that are listed, up to five', async () => {
    await using server = await ImageServer.start((response, request, count) => {
      if (count < 5) response.writeHead(302, { location: `/${count}` }).end();
      else response.end(body);
    });
    expect(await outcome(options(server.url))).toBe('whole');
  });

  it('from a name of one’s own network where its address is listed too', async () => {
    await using server = await ImageServer.start(whole);
    const url = `http://images.test:${server.port}/`;
    const hosts = ['images.test', '127.0.0.1'];
    const resolve = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
    expect(await outcome(options(url, { hosts, resolve }))).toBe('whole');
    expect(server.asked[0]?.headers.host).toBe(`images.test:${server.port}`);
  });

  it('from a server that is slow, as long as something comes', async () => {
    await using server = await ImageServer.start((response) => {
      let at = 0;
      const dripping = setInterval(() => {
        response.write(body.subarray(at, (at += 60_000)));
        if (at < body.length) return;
        clearInterval(dripping);
        response.end();
      }, 40);
    });
    expect(await outcome(options(server.url, { times: { idleMs: 1_000, pauseMs: 1 } }))).toBe(
      'whole',
    );
    expect(server.asked.length).toBe(1);
  });
});

describe('nothing is asked of a server', () => {
  it.each([
    ['that is not listed', 'http://localhost:PORT/'],
    ['in another spelling of a listed one’s', 'http://LOCALHOST.:PORT/'],
    ['that a number names', 'http://2130706434:PORT/'],
    ['with a password', 'http://me:secret@127.0.0.1:PORT/'],
  ])('%s', async (_name, text) => {
    await using server = await ImageServer.start(whole);
    expect(await outcome(options(text.replace('PORT', server.port)))).toBe('source-refused');
    expect(server.asked).toEqual([]);
  });

  it.each([
    'http://localhost:PORT/',
    'file:///etc/shadow',
    'ftp://127.0.0.1/x',
    'http://[::1]:PORT/',
  ])('that a redirect to %s leads to', async (location) => {
    await using other = await ImageServer.start(whole);
    await using server = await ImageServer.start((response) => {
      response.writeHead(302, { location: location.replace('PORT', other.port) }).end();
    });
    expect(await outcome(options(server.url))).toBe('source-refused');
    expect(other.asked).toEqual([]);
  });

  it('after five redirects', async () => {
    await using server = await ImageServer.start((response) => {
      response.writeHead(307, { location: '/again' }).end();
    });
    expect(await outcome(options(server.url))).toBe('source-refused');
    expect(server.asked.length).toBe(6);
  });

  it.each(['127.0.0.1', '169.254.169.254', '10.0.0.7', '::1', 'fd00::1', '::ffff:127.0.0.1'])(
    'whose listed name leads to %s',
    async (address) => {
      await using server = await ImageServer.start(whole);
      const url = `http://images.test:${server.port}/`;
      const family = address.includes(':') ? 6 : 4;
      const resolve = () => Promise.resolve([{ address, family }]);
      expect(await outcome(options(url, { hosts: ['images.test'], resolve }))).toBe(
        'source-refused',
      );
      expect(server.asked).toEqual([]);
    },
  );

  it('at another address than its name had at first', async () => {
    await using server = await ImageServer.start((response, _request, count) => {
      if (count > 1) response.end(body);
      else response.write(body.subarray(0, 10), () => response.destroy());
    });
    let asked = 0;
    const resolve = () => {
      asked += 1;
      return Promise.resolve([{ address: asked === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }]);
    };
    const url = `http://images.test:${server.port}/`;
    const hosts = ['images.test', '127.0.0.1', '127.0.0.2'];
    expect(await outcome(options(url, { hosts, resolve }))).toBe('whole');
    expect(asked).toBe(1);
  });
});

it('only addresses that everybody routes are everybody’s', () => {
  const address = (text: string) => ({ address: text, family: text.includes(':') ? 6 : 4 });
  const everybodys = ['1.1.1.1', '93.184.216.34', '172.32.0.1', '192.169.0.1', '2606:4700::1111'];
  const own =
    '0.0.0.0 10.1.2.3 100.64.0.1 127.9.9.9 169.254.169.254 172.31.255.255 192.168.1.1 198.19.0.1 ' +
    '224.0.0.1 255.255.255.255 :: ::1 fe80::1 fd12::1 ff02::1 64:ff9b::7f00:1 2002:7f00:1:: ' +
    '::ffff:1.1.1.1 2001:db8::1';
  expect(everybodys.filter((text) => !isPublic(address(text)))).toEqual([]);
  expect(own.split(' ').filter((text) => isPublic(address(text)))).toEqual([]);
});

describe('what is larger than is allowed', () => {
  const maxBytes = body.length - 1;

  it('is not begun where the server says so', async () => {
    await using server = await ImageServer.start((response) => {
      response.setHeader('content-length', body.length);
      response.flushHeaders();
    });
    expect(await outcome(options(server.url, { maxBytes }))).toBe('too-large');
  });

  it('ends with the first byte beyond where the server does not', async () => {
    await using server = await ImageServer.start((response) => {
      const flood = () => {
        while (!response.destroyed && response.write(body));
      };
      response.on('drain', flood);
      flood();
    });
    expect(await outcome(options(server.url, { maxBytes }))).toBe('too-large');
  });

  it('than the server said ends where it said', async () => {
    const liar = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n0123456789`);
      });
    });
    await once(liar.listen(0, '127.0.0.1'), 'listening');
    const { port } = liar.address() as AddressInfo;
    expect((await all(options(`http://127.0.0.1:${port}/`))).toString()).toBe('01234');
    liar.close();
  });
});

describe('after a broken connection', () => {
  /** Half of what is asked for, then nothing. */
  const half =
    (headers: Readonly<Record<string, string>>): Answer =>
    (response, _request, count) => {
      response.writeHead(200, { 'content-length': body.length, ...headers });
      const part = count === 0 ? body.subarray(0, body.length / 2) : body;
      response.write(part, () => (count === 0 ? response.destroy() : response.end()));
    };

  it.each([{ etag: '"one"' }, { 'last-modified': 'Mon, 02 Nov 2026 10:00:00 GMT' }])(
    'what comes goes on where it stopped, of the same file: %o',
    async (headers) => {
      const validator = Object.values(headers)[0] ?? '';
      await using server = await ImageServer.start((response, request, count) => {
        if (count === 0) return half(headers)(response, request, count);
        const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1]);
        const range = `bytes ${from}-${body.length - 1}/${body.length}`;
        response.writeHead(206, { 'content-range': range, ...headers }).end(body.subarray(from));
      });
      expect(await outcome(options(server.url))).toBe('whole');
      expect(server.asked[1]?.headers['if-range']).toBe(validator);
    },
  );

  it('what came already is passed over where the server has no ranges', async () => {
    await using server = await ImageServer.start(half({}));
    expect(await outcome(options(server.url))).toBe('whole');
    expect(server.asked[1]?.headers.range).toBeUndefined();
  });

  it('nothing of another file is put behind it', async () => {
    await using server = await ImageServer.start((response, request, count) => {
      half({ etag: count === 0 ? '"one"' : '"two"' })(response, request, count);
    });
    expect(await outcome(options(server.url))).toBe('source-unreachable');
  });

  it('no other part than was asked for is taken', async () => {
    await using server = await ImageServer.start((response, request, count) => {
      if (count === 0) return half({ etag: '"one"' })(response, request, count);
      const range = `bytes 0-${body.length - 1}/${body.length}`;
      response.writeHead(206, { 'content-range': range, etag: '"one"' }).end(body);
    });
    expect(await outcome(options(server.url))).toBe('source-unreachable');
  });

  it('a server is tried a few times, and then given up', async () => {
    await using server = await ImageServer.start((response) => void response.destroy());
    expect(await outcome(options(server.url))).toBe('source-unreachable');
    expect(server.asked.length).toBe(5);
  });

  it('so it is where the server has a bad time', async () => {
    await using server = await ImageServer.start((response, _request, count) => {
      if (count < 2) response.writeHead(503).end();
      else response.end(body);
    });
    expect(await outcome(options(server.url))).toBe('whole');
  });

  it('and where it says nothing any more', async () => {
    await using server = await ImageServer.start((response) => {
      response.write(body.subarray(0, 10));
    });
    const impatient = { idleMs: 50, pauseMs: 1 };
    expect(await outcome(options(server.url, { times: impatient }))).toBe('source-unreachable');
  });
});

describe('an import from a server ends at once', () => {
  it('where the file is not there', async () => {
    await using server = await ImageServer.start((response) => void response.writeHead(404).end());
    expect(await outcome(options(server.url))).toBe('source-unreachable');
    expect(server.asked.length).toBe(1);
  });

  it('where it comes packed, unasked', async () => {
    await using server = await ImageServer.start((response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(body);
    });
    expect(await outcome(options(server.url))).toBe('source-unreachable');
    expect(server.asked[0]?.headers['accept-encoding']).toBe('identity');
  });

  it('where it is cancelled', async () => {
    const abort = new AbortController();
    await using server = await ImageServer.start((response) => {
      response.write(body.subarray(0, 10), () => abort.abort());
    });
    expect(await outcome(options(server.url, { signal: abort.signal }))).toBe('job-cancelled');
  });
});
