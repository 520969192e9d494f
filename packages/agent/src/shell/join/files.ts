/**
 * What a host keeps of having joined: its key, and where it has none its agent's configuration. A key takes the place of
 * the former one only when the cluster knows it; whatever ends in between, the same command again goes on from there.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createNkey, nkeyFrom, type Nkey } from '@drover/join';
import { DroverError } from '@drover/protocol';
import { stringify } from 'yaml';
import { readConfig } from '../config.ts';

export class JoinFiles {
  readonly configPath: string;
  readonly seedPath: string;
  /** The host that the configuration is of, where there is one. */
  readonly configuredHost: string | undefined;

  private constructor(configPath: string, seedPath: string, configuredHost: string | undefined) {
    this.configPath = configPath;
    this.seedPath = seedPath;
    this.configuredHost = configuredHost;
  }

  /** Throws `bad-request` for a configuration that is none, or names no file for a key. */
  static at(configPath: string): JoinFiles {
    if (!existsSync(configPath)) {
      return new JoinFiles(configPath, join(dirname(configPath), 'bus.nk'), undefined);
    }
    const { hostId, nats } = readConfig(configPath);
    if (nats.nkeySeedFile !== undefined) {
      return new JoinFiles(configPath, nats.nkeySeedFile, hostId);
    }
    throw new DroverError('bad-request', `${configPath}: nats.nkeySeedFile: a file for the key`);
  }

  /** The key to join with: that of an attempt before, where one was not heard to its end. */
  newKey(): Nkey {
    const path = this.#newSeedPath;
    return explained(() => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
      if (existsSync(path)) return nkeyFrom(readFileSync(path, 'utf8').trim());
      const key = createNkey();
      writeFileSync(path, `${key.seed}\n`, { mode: 0o600, flag: 'wx' });
      return key;
    });
  }

  /** It was refused: nobody will ever know it. */
  forgetNewKey(): void {
    rmSync(this.#newSeedPath, { force: true });
  }

  /** The cluster knows the key. A configuration that is there stays as it is. */
  keep(host: string, natsServers: readonly string[], migrationAddress: string): void {
    explained(() => {
      if (this.configuredHost === undefined) {
        const config = {
          hostId: host,
          nats: { servers: [...natsServers], nkeySeedFile: this.seedPath },
          addresses: { migration: migrationAddress },
        };
        const head =
          '# Made by “drover-agent join”; what else may stand here is in docs/join.md.\n';
        mkdirSync(dirname(this.configPath), { recursive: true, mode: 0o755 });
        writeFileSync(this.configPath, head + stringify(config), { mode: 0o600, flag: 'wx' });
      }
      renameSync(this.#newSeedPath, this.seedPath);
    });
  }

  get #newSeedPath(): string {
    return `${this.seedPath}.new`;
  }
}

function explained<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof DroverError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const hint = code === 'EACCES' || code === 'EPERM' ? '; run it as root' : '';
    throw new DroverError('bad-request', `${message}${hint}`);
  }
}
