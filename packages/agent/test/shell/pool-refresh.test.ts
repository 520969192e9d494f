import { LibvirtError } from 'node-libvirt';
import { describe, expect, it } from 'vitest';
import { refreshPool } from '../../src/shell/pool.ts';

function poolThatSays(...messages: readonly string[]) {
  let tries = 0;
  const refresh = async () => {
    const message = messages[tries];
    tries += 1;
    if (message !== undefined) throw new LibvirtError({ code: 1, domain: 18, level: 2, message });
  };
  return { refresh, tries: () => tries };
}

const busy = "internal error: pool 'vms' has asynchronous jobs running.";

describe('looking at a pool', () => {
  it('waits while libvirt makes a volume in it for another VM', async () => {
    const pool = poolThatSays(busy, busy);
    await refreshPool(pool);
    expect(pool.tries()).toBe(3);
  });

  it('does not try again what has another reason', async () => {
    const pool = poolThatSays("cannot open directory '/srv': Input/output error");
    await expect(refreshPool(pool)).rejects.toThrow('Input/output error');
    expect(pool.tries()).toBe(1);
  });
});
