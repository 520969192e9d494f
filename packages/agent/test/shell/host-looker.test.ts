/** What a host says of a pool that it cannot use. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LibvirtError } from 'node-libvirt';
import { FreeSpace, whyUnusable } from '../../src/shell/host-looker.ts';
import { outcomeOf } from '../../src/shell/outcome.ts';

describe('the space of a pool', () => {
  it('is what the file system says', async () => {
    const space = await new FreeSpace().of(mkdtempSync(join(tmpdir(), 'drover-')));
    expect(space.capacityMib).toBeGreaterThan(0);
    expect(space.freeMib).toBeLessThanOrEqual(space.capacityMib);
  });

  it('is not waited for where the server does not answer, and asked for once at a time', async () => {
    let asked = 0;
    const { promise, resolve } = Promise.withResolvers<{ capacityMib: number; freeMib: number }>();
    const hanging = () => {
      asked += 1;
      return promise;
    };
    const free = new FreeSpace(5, hanging);
    await expect(free.of('/srv/p')).rejects.toThrow('its server does not answer');
    await expect(free.of('/srv/p')).rejects.toThrow('its server does not answer');
    expect(asked).toBe(1);
    const answered = free.of('/srv/p');
    resolve({ capacityMib: 2, freeMib: 1 });
    await expect(answered).resolves.toEqual({ capacityMib: 2, freeMib: 1 });
    await expect(free.of('/srv/p')).resolves.toEqual({ capacityMib: 2, freeMib: 1 });
    expect(asked).toBe(2);
  });

  it.each([
    ['ENOENT', 'its directory is not there'],
    ['ESTALE', 'its server does not know it any more'],
    ['EROFS', 'it can only be read'],
    ['EIO', 'EIO: i/o error'],
  ])('that fails with %s: %s', (code, why) => {
    const error = Object.assign(new Error(`${code}: i/o error`), { code });
    expect(whyUnusable(error)).toBe(why);
  });
});

describe('a disk that another host has locked', () => {
  it.each([
    'internal error: process exited while connecting to monitor: Failed to get "write" lock',
    'Failed to get shared "consistent read" lock',
    "resource busy: Lockspace resource 'abc' is locked",
  ])('is told from other failures: %s', (message) => {
    const error = new LibvirtError({ code: 1, domain: 10, level: 2, message });
    expect(outcomeOf(error).error?.code).toBe('disk-locked');
    const other = new LibvirtError({ code: 1, domain: 10, level: 2, message: 'no such machine' });
    expect(outcomeOf(other).error?.code).toBe('hypervisor-error');
  });
});
