/** How calls that failed are told apart. */
import { describe, expect, it } from 'vitest';
import { LibvirtError } from 'node-libvirt';
import { outcomeOf } from '../../src/shell/outcome.ts';

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
