/** What a host that joins is told of where the cluster is: read once, from the configuration. */
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DroverError } from '@drover/protocol';
import type { ApiConfig } from './config.ts';

export interface JoinPlaces {
  /** Of this API; absent: not said. */
  readonly addresses?: readonly string[];
  /** See `JoinToken`. */
  readonly caSha256?: string;
  /** Throws `bad-request` where hosts would not reach those that are known. */
  requireServers(): readonly string[];
}

type Configured = Pick<ApiConfig, 'join' | 'nats' | 'tls'>;

/** Throws `bad-request` for a file that is no certificate. */
export function joinPlaces({ join = {}, nats, tls }: Configured): JoinPlaces {
  const { addresses, caFile, natsServers } = join;
  const file = caFile ?? tls?.certFile;
  const caSha256 = file === undefined ? undefined : topKeyOf(file);
  const servers = natsServers ?? nats.servers.map(withScheme);
  const unreachable = servers.find((server) => /\/\/(localhost|127\.|\[::1\])/.test(server));
  return {
    ...(addresses === undefined ? {} : { addresses }),
    ...(caSha256 === undefined ? {} : { caSha256 }),
    requireServers: () => {
      if (unreachable === undefined) return servers;
      throw new DroverError(
        'bad-request',
        `the API knows NATS as ${unreachable}, which no other host reaches: set join.natsServers in its configuration`,
      );
    },
  };
}

function withScheme(server: string): string {
  return server.includes('://') ? server : `nats://${server}`;
}

/** Of the last certificate in a file: the one that signed the others, as far as the file goes. */
function topKeyOf(path: string): string {
  try {
    const pems = readFileSync(path, 'utf8').match(
      /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
    );
    const top = new X509Certificate(pems?.at(-1) ?? '');
    const der = top.publicKey.export({ type: 'spki', format: 'der' });
    return createHash('sha256').update(der).digest('hex');
  } catch (error) {
    throw new DroverError('bad-request', `${path}: ${(error as Error).message}`);
  }
}
