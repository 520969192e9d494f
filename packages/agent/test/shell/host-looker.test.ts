/** What a host says of a pool that it cannot use. */
import { describe, expect, it } from 'vitest';
import { LibvirtError } from 'node-libvirt';
import { whyUnusable } from '../../src/shell/host-looker.ts';
import { outcomeOf } from '../../src/shell/outcome.ts';

describe('a pool’s space', () => {
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
