/** A VM of one sector shows whether KVM works, also on a host that is slow, and nothing else is taken for an answer. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CallAbandonedError, LibvirtError } from 'node-libvirt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { probeAccelerator, runOneSector } from '../../src/shell/accelerator.ts';

type Libvirt = Parameters<typeof probeAccelerator>[0];
type Tell = (event: object) => void;

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'accelerator-'));
});
afterEach(async () => rm(folder, { recursive: true, force: true }));

/** A libvirt with this one VM; `born` and `destroyed` are told how to say that it has stopped. */
function withVm(
  born: (stopped: (detail: string) => void) => void,
  destroyed: (stopped: (detail: string) => void) => void,
): Libvirt {
  let tell: Tell = () => undefined;
  const libvirt = {
    listen: async (_: unknown, onEvent: Tell) => {
      tell = onEvent;
      return { [Symbol.asyncDispose]: async () => undefined };
    },
    domains: {
      create: async (xml: string) => {
        const uuid = /<uuid>(.+?)<\/uuid>/.exec(xml)?.[1] ?? '';
        const stopped = (detail: string) =>
          tell({ name: 'lifecycle', type: 'stopped', detail, dom: { uuid } });
        born(stopped);
        return { destroy: async () => destroyed(stopped) };
      },
    },
  };
  return libvirt as unknown as Libvirt;
}

const nothing = () => undefined;
const noDomain = new LibvirtError({ code: 42, domain: 10, level: 2, message: 'Domain not found' });

describe('a VM of one sector', () => {
  it('that switches itself off shows that KVM works', async () => {
    const libvirt = withVm((stopped) => setImmediate(() => stopped('shutdown')), nothing);
    expect(await runOneSector(libvirt, folder)).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });

  it('that crashes does not', async () => {
    const libvirt = withVm((stopped) => setImmediate(() => stopped('crashed')), nothing);
    expect(await runOneSector(libvirt, folder)).toBe(false);
  });

  it('that does not come to its end is ended, and does not', async () => {
    const libvirt = withVm(nothing, (stopped) => stopped('destroyed'));
    expect(await runOneSector(libvirt, folder, 1)).toBe(false);
  });

  it('that is gone when it would be ended, of which libvirt says only then how, shows it too', async () => {
    const libvirt = withVm(nothing, (stopped) => {
      setImmediate(() => stopped('shutdown'));
      throw noDomain;
    });
    expect(await runOneSector(libvirt, folder, 1)).toBe(true);
  });
});

describe('the probe', () => {
  const config = { accelerator: 'auto', stateDir: '/nowhere' } as const;

  it('takes libvirt at its word that there is no KVM', async () => {
    const host = { domainCapabilities: () => Promise.reject(noDomain) };
    const found = await probeAccelerator({ host } as unknown as Libvirt, config);
    expect(found.kind).toBe('tcg');
  });

  it('says nothing where libvirt was lost on the way', async () => {
    const lost = new CallAbandonedError('deadline', 'connectGetDomainCapabilities', true);
    const host = { domainCapabilities: () => Promise.reject(lost) };
    const asked = probeAccelerator({ host } as unknown as Libvirt, config);
    await expect(asked).rejects.toBe(lost);
  });
});
