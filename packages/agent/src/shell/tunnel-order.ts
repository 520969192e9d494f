/**
 * What the agent tells a tunnel's end to do, and what it hears back. `migration` is what may pass; both ends
 * hold to it, each on its own.
 */
import type { MigrationOrder } from 'node-libvirt/guard';

/** Key and certificate of this host, and the authorities whose certificates it takes. */
export interface TunnelIdentity {
  readonly keyPem: string;
  readonly certificatePem: string;
  readonly trustedPems: readonly string[];
}

interface Common {
  readonly opId: string;
  readonly secret: string;
  readonly identity: TunnelIdentity;
  /** The host that the certificate at the other end has to be for. */
  readonly peer: string;
  readonly migration: MigrationOrder;
  readonly expiresInMs: number;
  /** One line of JSON for each thing that was refused; see tunnel-refusals.ts. */
  readonly refusalFile: string;
}

export interface TargetOrder extends Common {
  readonly side: 'target';
  /** What it listens on; absent: every address of this host. */
  readonly host?: string;
  /** What the source is told to connect to. */
  readonly announcedHost: string;
  /** The first free one of them is taken. */
  readonly ports: readonly number[];
  readonly libvirtSocket: string;
  /** Where it leaves word of itself, for an agent that was restarted; removed at its end. */
  readonly stateFile: string;
}

export interface SourceOrder extends Common {
  readonly side: 'source';
  readonly host: string;
  readonly port: number;
  readonly socketPath: string;
}

export type TunnelOrder = TargetOrder | SourceOrder;

export type TunnelAnswer =
  | { readonly ok: true; readonly port: number }
  | { readonly ok: false; readonly message: string };

/** What the target's end leaves in its state file. */
export interface TunnelState {
  readonly pid: number;
  /** When the process began, in ticks since the kernel did. */
  readonly startedAt: string;
  readonly host: string;
  readonly port: number;
  readonly secret: string;
}
