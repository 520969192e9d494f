/**
 * Has a VM that has just arrived tell the network where it is now. QEMU does so once by itself; some fabrics hear it
 * only when their port has settled, so it is said at once and twice again. No move depends on it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { isNotFound, isOperationInvalid, isUnsupported, type Domain } from 'node-libvirt';

const afterMs = [0, 1_000, 5_000] as const;

export interface AnnounceContext {
  readonly signal: AbortSignal;
  readonly warn: (text: string) => void;
  /** Ends early where `signal` says so; only tests give another one. */
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** Never rejects. Ends early where the VM is gone, or its QEMU cannot. */
export async function announce(
  dom: Pick<Domain, 'name' | 'monitor'>,
  { signal, warn, wait = waited }: AnnounceContext,
): Promise<void> {
  let before = 0;
  for (const at of afterMs) {
    await wait(at - before, signal);
    before = at;
    if (signal.aborted) return;
    try {
      await dom.monitor.announceSelf();
    } catch (error) {
      // It has moved on, or is off already.
      if (isNotFound(error) || isOperationInvalid(error)) return;
      warn(`${dom.name} is not announced to the network: ${String(error)}`);
      if (isUnsupported(error) || /CommandNotFound/.test(String(error))) return;
    }
  }
}

async function waited(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined);
}
