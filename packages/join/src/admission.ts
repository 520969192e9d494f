/**
 * What NATS asks before it lets somebody in whom its configuration does not name, and what it is answered ("auth callout",
 * NATS 2.10 and later). Such a question is a JWT of the server's, the answer one that a key signed which the server's
 * configuration names. Who has proved to have which key is read here; who may come in is the caller's to say.
 */
import type { BusPermissions } from '@drover/protocol';
import {
  type AuthorizationRequest,
  decode,
  encodeAuthorizationResponse,
  encodeUser,
} from '@nats-io/jwt';
import { fromPublic, fromSeed } from '@nats-io/nkeys';

export interface AdmissionQuestion {
  readonly serverId: string;
  /** The server's own name for the connection, an nkey. */
  readonly userNkey: string;
  /** The key that who asks has proved to have. Absent: none. */
  readonly publicKey?: string;
  /** What it calls itself. Proves nothing. */
  readonly name: string;
}

export type AdmissionAnswer =
  | { readonly type: 'admitted'; readonly permissions: BusPermissions }
  /** For the server's log; who asks is told nothing. */
  | { readonly type: 'refused'; readonly reason: string };

/** The account that everybody is in where the server's configuration names none. */
const globalAccount = '$G';

/** Nothing: it is no such question. */
export function readQuestion(text: string): AdmissionQuestion | undefined {
  try {
    const { nats } = decode<AuthorizationRequest>(text);
    const { server_id: server, user_nkey: userNkey, connect_opts: said, client_info: info } = nats;
    if (server === undefined || userNkey === undefined) return undefined;
    const { nkey = '', sig = '', name = '' } = said ?? {};
    const isProved = proves(nkey, sig, info?.nonce ?? '');
    return { serverId: server.id, userNkey, name, ...(isProved ? { publicKey: nkey } : {}) };
  } catch {
    return undefined;
  }
}

/** The server leaves it to who answers whether the nonce was signed. */
function proves(nkey: string, signature: string, nonce: string): boolean {
  if (nkey === '' || nonce === '') return false;
  try {
    const bytes = Buffer.from(signature, 'base64url');
    return fromPublic(nkey).verify(new TextEncoder().encode(nonce), bytes);
  } catch {
    return false;
  }
}

export async function writeAnswer(
  seed: string,
  { serverId, userNkey, name }: AdmissionQuestion,
  answer: AdmissionAnswer,
): Promise<string> {
  const issuer = fromSeed(new TextEncoder().encode(seed));
  const data =
    answer.type === 'refused'
      ? { error: answer.reason }
      : { jwt: await userOf(issuer, userNkey, name, answer.permissions) };
  return encodeAuthorizationResponse(userNkey, serverId, issuer, data, {});
}

function userOf(
  issuer: ReturnType<typeof fromSeed>,
  userNkey: string,
  name: string,
  { publish, subscribe }: BusPermissions,
): Promise<string> {
  const permissions = { pub: { allow: [...publish] }, sub: { allow: [...subscribe] } };
  return encodeUser(name, userNkey, issuer, permissions, { aud: globalAccount });
}
