/**
 * People log in at their OIDC issuer: authorization code with PKCE (RFC 7636), state and nonce, as openid-client does it.
 * What goes from the beginning to the end of one login is the browser's to keep, in a cookie of its own.
 */
import { readFileSync } from 'node:fs';
import { DroverError } from '@drover/protocol';
import * as oidcClient from 'openid-client';
import type { Principal } from '../logic/access.ts';
import type { ApiConfig } from './config.ts';
import { personOf } from './oidc.ts';

type Oidc = NonNullable<ApiConfig['oidc']>;

/** What a browser brings back with it. */
export interface LoginPass {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface OidcLogin {
  /** What the button says. */
  readonly label: string;
  /** Where the issuer sends the browser back to. */
  readonly redirectUri: string;
  /** Throws `login-failed` where the issuer does not answer. */
  begin(): Promise<{ readonly url: string; readonly pass: LoginPass }>;
  /** `query`: what the issuer sent along. Throws `login-failed` that says what is wrong. */
  end(query: URLSearchParams, pass: LoginPass): Promise<Principal>;
}

const patienceSeconds = 5;

/** Nothing where people do not log in that way. Throws `bad-request` for a secret that cannot be read. */
export function oidcLogin(oidc: ApiConfig['oidc']): OidcLogin | undefined {
  if (oidc?.login === undefined) return undefined;
  const { login } = oidc;
  const secret =
    login.clientSecretFile === undefined ? undefined : secretIn(login.clientSecretFile);
  const { redirectUri, scope = 'openid', label = new URL(oidc.issuer).host } = login;
  let known: Promise<oidcClient.Configuration> | undefined;
  /** Asked for once it is needed, and again where that failed. */
  const issuer = () => {
    known ??= discover(oidc, login.clientId, secret).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
  return {
    label,
    redirectUri,
    begin: () =>
      explained(async () => {
        const pass = {
          state: oidcClient.randomState(),
          nonce: oidcClient.randomNonce(),
          verifier: oidcClient.randomPKCECodeVerifier(),
        };
        const url = oidcClient.buildAuthorizationUrl(await issuer(), {
          redirect_uri: redirectUri,
          scope,
          state: pass.state,
          nonce: pass.nonce,
          code_challenge: await oidcClient.calculatePKCECodeChallenge(pass.verifier),
          code_challenge_method: 'S256',
        });
        return { url: url.href, pass };
      }),
    end: (query, { state, nonce, verifier }) =>
      explained(async () => {
        const answered = new URL(redirectUri);
        answered.search = query.toString();
        const tokens = await oidcClient.authorizationCodeGrant(await issuer(), answered, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          idTokenExpected: true,
        });
        // It says who logged in just now; for how long that counts is the session's.
        const { exp: _, ...claims } = tokens.claims() ?? {};
        return personOf(oidc, claims);
      }),
  };
}

function discover(
  { issuer }: Oidc,
  clientId: string,
  secret: string | undefined,
): Promise<oidcClient.Configuration> {
  const options = {
    timeout: patienceSeconds,
    execute: issuer.startsWith('http:') ? [oidcClient.allowInsecureRequests] : [],
  };
  return oidcClient.discovery(new URL(issuer), clientId, secret, undefined, options);
}

async function explained<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DroverError) throw error;
    throw new DroverError('login-failed', messageOf(error), { cause: error });
  }
}

/** What the issuer itself says, where it says something; else what is wrong with what it says. */
function messageOf(error: unknown): string {
  const { error_description: said, error: code } = error as {
    readonly error_description?: string;
    readonly error?: string;
  };
  const text = said ?? code ?? reasonsOf(error).join(': ');
  return `the issuer does not vouch for you: ${text}`.slice(0, 500);
}

/** From the outside in; the innermost of a claim that is wrong is its name. */
function reasonsOf(error: unknown, depth = 0): readonly string[] {
  if (typeof error !== 'object' || error === null || depth > 4) return [];
  const { message, claim, cause } = error as {
    readonly message?: string;
    readonly claim?: string;
    readonly cause?: unknown;
  };
  const own = message ?? claim;
  return [...(own === undefined ? [] : [own]), ...reasonsOf(cause, depth + 1)];
}

function secretIn(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new DroverError(
      'bad-request',
      `oidc.login.clientSecretFile: ${(error as Error).message}`,
    );
  }
}
