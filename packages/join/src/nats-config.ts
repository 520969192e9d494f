/** What nats-server is configured with: who may connect, and that it asks schedulers about all others. */
import { type BusIdentity, natsPermissions } from '@drover/protocol';

export interface NamedUser {
  /** Of its key. */
  readonly publicKey: string;
  readonly identity: BusIdentity;
}

export interface NatsSettings {
  /** An address and a port, such as `0.0.0.0:4222`. */
  readonly listen: string;
  readonly users: readonly NamedUser[];
  /** Of the account that answers about admission are signed by. Absent: nobody is asked. */
  readonly issuerPublicKey?: string;
}

/** As long as the server's own idea of it, less what a client waits before it tries again. */
const admissionSeconds = 3;
const messageBytes = 524_288;

/** The file's content: JSON, which nats-server reads as its own format. */
export function natsConfig({ listen, users, issuerPublicKey }: NatsSettings): string {
  const known = users.map(({ publicKey, identity }) => {
    const { publish, subscribe } = natsPermissions(identity);
    return { nkey: publicKey, permissions: { publish, subscribe } };
  });
  const asking =
    issuerPublicKey === undefined
      ? {}
      : {
          timeout: admissionSeconds,
          auth_callout: {
            issuer: issuerPublicKey,
            auth_users: users.map(({ publicKey }) => publicKey),
          },
        };
  const config = {
    listen,
    max_payload: messageBytes,
    write_deadline: '5s',
    authorization: { ...asking, users: known },
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
