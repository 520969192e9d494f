/**
 * What a VM is told at its first boot, as people say it: cloud-init's user data and network, keys, a hostname. Also what
 * an agent is told of it, and what is shown to those who may not read it: user data may hold passwords.
 */
import { Type, type Static } from 'typebox';
import { Count } from './names.ts';

const closed = { additionalProperties: false } as const;

/** A VM's record has to stay below the 64 KiB of every record, and they go with each order to start it. */
export const cloudInitLimits = {
  userDataBytes: 16 * 1024,
  networkConfigBytes: 8 * 1024,
  sshKeys: 16,
} as const;

/** One line of an `authorized_keys` file, without options. */
export const SshKey = Type.String({
  pattern: '^(ssh|ecdsa|sk)-[a-z0-9@.-]{3,48} [A-Za-z0-9+/]{16,2800}={0,3}( [ -~]{0,128})?$',
  maxLength: 3000,
});

export const Hostname = Type.String({
  pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$',
  maxLength: 253,
});

export const CloudInit = Type.Object(
  {
    /**
     * `iso`, which is the default: a CD-ROM with all of it, made in the pool of the VM's first disk. `smbios`: keys of
     * root and hostname alone, as systemd credentials; no file is made.
     */
    by: Type.Optional(Type.Union([Type.Literal('iso'), Type.Literal('smbios')])),
    /** Begins with `#cloud-config`, `#!`, or as a MIME message. */
    userData: Type.Optional(Type.String({ minLength: 1, maxLength: 65_536 })),
    /** cloud-init's network configuration, as YAML. */
    networkConfig: Type.Optional(Type.String({ minLength: 1, maxLength: 65_536 })),
    sshKeys: Type.Optional(Type.Array(SshKey, { maxItems: cloudInitLimits.sshKeys })),
    /** Absent: the VM's name. */
    hostname: Type.Optional(Hostname),
  },
  closed,
);
export type CloudInit = Static<typeof CloudInit>;

/** Which content it is, told by nothing of it: the hash names the seed's file and the instance that cloud-init sees. */
export const SeedHash = Type.String({ pattern: '^[0-9a-f]{12}$' });

/** What is shown of it to everybody. */
export const CloudInitSummary = Type.Object(
  {
    by: Type.Union([Type.Literal('iso'), Type.Literal('smbios')]),
    hash: SeedHash,
    userDataBytes: Count,
    hostname: Hostname,
    sshKeyCount: Count,
    hasNetworkConfig: Type.Boolean(),
  },
  closed,
);
export type CloudInitSummary = Static<typeof CloudInitSummary>;
