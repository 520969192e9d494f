import type { DomainStateInfo } from 'node-libvirt';
import { describe, expect, it } from 'vitest';
import { vmStateOf } from '../../src/shell/vm-state.ts';

describe('a VM that stands still', () => {
  it.each([
    ['migration', 'paused-migrating'],
    ['api-error', 'paused-migrating'],
    ['io-error', 'paused-io-error'],
    ['user', 'paused'],
    ['starting-up', 'paused'],
  ] as const)('because of %s is %s', (reason, state) => {
    expect(vmStateOf({ state: 'paused', reason } as DomainStateInfo)).toBe(state);
  });
});
