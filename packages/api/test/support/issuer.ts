/** An OIDC issuer on loopback: discovery, keys, and a token endpoint that holds a login to PKCE (RFC 7636). */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

type Keys = Awaited<ReturnType<typeof generateKeyPair>>;

interface Begun {
  readonly challenge: string;
  readonly nonce: string;
  readonly redirectUri: string;
}

export class Issuer implements AsyncDisposable {
  readonly url: string;
  readonly clientId = 'drover';
  /** Of who logs in next. */
  claims: Readonly<Record<string, unknown>> = { sub: '1', email: 'anna', groups: ['ops'] };
  /** What its next token says instead of what is true. */
  lies: Readonly<Record<string, string>> = {};
  isDown = false;
  readonly #server: Server;
  readonly #codes = new Map<string, Begun>();
  readonly #keys: Keys;

  private constructor(server: Server, keys: Keys) {
    this.#server = server;
    this.#keys = keys;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async start(): Promise<Issuer> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const issuer = new Issuer(server, await generateKeyPair('RS256'));
    server.on('request', (request, response) => {
      void issuer.#answer(request).then(([status, body]) => {
        const type = { 'content-type': 'application/json' };
        response.writeHead(status, 'location' in body ? { location: String(body.location) } : type);
        response.end(JSON.stringify(body));
      });
    });
    return issuer;
  }

  /** Somebody logs in there with what the API sent the browser with; where the browser is sent back to, a path unless `whole`. */
  logIn(authorizationUrl: string, whole = false): string {
    const asked = new URL(authorizationUrl).searchParams;
    const redirectUri = asked.get('redirect_uri') ?? '';
    const code = `code-${this.#codes.size}`;
    this.#codes.set(code, {
      challenge: asked.get('code_challenge') ?? '',
      nonce: asked.get('nonce') ?? '',
      redirectUri,
    });
    const back = new URL(redirectUri);
    back.searchParams.set('code', code);
    back.searchParams.set('state', asked.get('state') ?? '');
    return whole ? back.href : `${back.pathname}${back.search}`;
  }

  async #answer(request: IncomingMessage): Promise<readonly [number, object]> {
    if (this.isDown) return [503, { error: 'temporarily_unavailable' }];
    const { url } = this;
    const path = request.url ?? '';
    // Whoever comes is logged in, without being asked.
    if (path.startsWith('/authorize?'))
      return [303, { location: this.logIn(`${url}${path}`, true) }];
    switch (path) {
      case '/.well-known/openid-configuration':
        return [
          200,
          {
            issuer: url,
            authorization_endpoint: `${url}/authorize`,
            token_endpoint: `${url}/token`,
            jwks_uri: `${url}/keys`,
            response_types_supported: ['code'],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: ['RS256'],
          },
        ];
      case '/keys':
        return [
          200,
          { keys: [{ ...(await exportJWK(this.#keys.publicKey)), kid: 'k1', alg: 'RS256' }] },
        ];
      case '/token':
        return this.#token(new URLSearchParams(await textOf(request)));
      default:
        return [404, {}];
    }
  }

  async #token(asked: URLSearchParams): Promise<readonly [number, object]> {
    const code = asked.get('code') ?? '';
    const begun = this.#codes.get(code);
    this.#codes.delete(code);
    const proved = createHash('sha256')
      .update(asked.get('code_verifier') ?? '')
      .digest('base64url');
    const isRight = begun?.challenge === proved && begun.redirectUri === asked.get('redirect_uri');
    if (!isRight)
      return [400, { error: 'invalid_grant', error_description: 'the code is not yours' }];
    const { nonce = begun.nonce, audience = this.clientId, issuer = this.url } = this.lies;
    const token = await new SignJWT({ ...this.claims, nonce })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(this.#keys.privateKey);
    return [200, { access_token: 'x', token_type: 'bearer', id_token: token }];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const part of request) text += String(part);
  return text;
}
