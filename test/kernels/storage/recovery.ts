/** A person says that a host is off, as a person does it, and what comes of it is watched until the VM runs elsewhere. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Site } from '../site.ts';
import { type Ledger, vmName } from './vm.ts';

export interface Recovery {
  readonly exitCode: number;
  readonly said: string;
  /** `performance.now()` when the VM was first seen to run there; undefined: it was not. */
  readonly ranAt: number | undefined;
  /** How often QEMU there did not get the lock of the VM's disk. */
  readonly refusals: number;
  /** How often the agent there said `disk-locked`. */
  readonly saidLocked: number;
  /** What the operation said while it waited. */
  readonly waitedFor: readonly string[];
}

export async function recover(
  site: Site,
  ledger: Ledger,
  { lost, to }: { readonly lost: string; readonly to: string },
): Promise<Recovery> {
  const before = await refusalsOn(site, to);
  let isOver = false;
  const telling = site
    .drover(['host', 'recover', lost, '--yes', '--timeout', '14m'])
    .finally(() => {
      isOver = true;
    });
  const waitedFor = new Set<string>();
  let ranAt: number | undefined;
  while (!isOver && ranAt === undefined) {
    // Between two leaders nobody answers; the next look does.
    const body = await ledger.body().catch(() => undefined);
    if (body?.state === 'running' && body.hostId === to) ranAt = performance.now();
    else if (body?.operationId !== undefined) {
      const operation = await site.api.operation(body.operationId).catch(() => undefined);
      if (operation?.reason !== undefined) waitedFor.add(operation.reason);
    }
    await pause(250);
  }
  const { exitCode, said } = await telling;
  const after = await refusalsOn(site, to);
  return {
    exitCode,
    said,
    ranAt,
    refusals: after.byQemu - before.byQemu,
    saidLocked: after.byAgent - before.byAgent,
    waitedFor: [...waitedFor],
  };
}

async function refusalsOn(site: Site, host: string): Promise<{ byQemu: number; byAgent: number }> {
  const count = async (what: string, file: string) =>
    Number(await site.machine(host).ask(`grep -c '${what}' ${file} 2>/dev/null || true`));
  return {
    byQemu: await count('Failed to get .* lock', `/var/log/libvirt/qemu/${vmName}.log`),
    byAgent: await count('disk-locked', '/var/lib/drover/agent/journal'),
  };
}

export function seconds(from: number, to: number | undefined): string {
  return to === undefined ? 'never' : `${((to - from) / 1000).toFixed(0)} s`;
}
