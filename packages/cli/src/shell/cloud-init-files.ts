/** From flags and files to what a VM is told at its first boot. Whether cloud-init takes it is the API's to say. */
import { readFileSync } from 'node:fs';
import { type CloudInit, cloudInitLimits, parseValue, CloudInit as Schema } from '@drover/protocol';
import { formatBytes } from '../logic/sizes.ts';
import { publicKeysOf } from '../logic/ssh-keys.ts';
import { UsageError } from '../logic/usage-error.ts';

export interface CloudInitFlags {
  /** `false`: `--no-cloud-init`. */
  readonly cloudInit?: string | false | undefined;
  readonly sshKey: readonly string[];
  readonly hostname?: string | undefined;
  readonly networkConfig?: string | undefined;
  readonly seed?: 'iso' | 'smbios' | undefined;
}

/** Nothing where no flag says anything of it. */
export function readCloudInit(flags: CloudInitFlags): CloudInit | undefined {
  const { cloudInit: file, sshKey, hostname, networkConfig, seed } = flags;
  const sshKeys = sshKey.flatMap((path) => publicKeysOf(path, read('--ssh-key', path, 65_536)));
  const found = {
    ...(seed === undefined ? {} : { by: seed }),
    ...textOf('userData', '--cloud-init', file || undefined, cloudInitLimits.userDataBytes),
    ...textOf(
      'networkConfig',
      '--network-config',
      networkConfig,
      cloudInitLimits.networkConfigBytes,
    ),
    ...(sshKeys.length === 0 ? {} : { sshKeys }),
    ...(hostname === undefined ? {} : { hostname }),
  };
  if (Object.keys(found).length === 0) return undefined;
  const parsed = parseValue(Schema, found);
  if (parsed.ok) return parsed.value;
  const at = /^\/(hostname|sshKeys)/.exec(parsed.reason)?.[1];
  if (at === 'hostname') {
    throw new UsageError(
      `“${hostname}” is no hostname: give letters, digits, “-” and dots, such as web-1.lan`,
    );
  }
  if (at === 'sshKeys') {
    throw new UsageError(
      `give at most ${cloudInitLimits.sshKeys} keys, each as ssh-keygen writes it`,
    );
  }
  throw new UsageError(parsed.reason);
}

function textOf(
  key: 'userData' | 'networkConfig',
  flag: string,
  path: string | undefined,
  most: number,
) {
  return path === undefined ? {} : { [key]: read(flag, path, most) };
}

function read(flag: string, path: string, mostBytes: number): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    throw new UsageError(`${flag}: ${(error as Error).message}`);
  }
  if (bytes.length > mostBytes) {
    const sizes = `${formatBytes(bytes.length)}; at most ${formatBytes(mostBytes)} may be`;
    throw new UsageError(`${flag}: ${path} has ${sizes}: a VM’s record has no room for more`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${flag}: ${path} is no text in UTF-8`);
  }
}
