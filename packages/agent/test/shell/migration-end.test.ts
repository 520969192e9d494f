/** Why a migration ended that did not go through. */
import { ConnectionError, LibvirtError } from 'node-libvirt';
import { describe, expect, it } from 'vitest';
import { judgeEnd } from '../../src/shell/migration-end.ts';
import type { MigrationEnd } from '../../src/shell/steer.ts';

const libvirtSays = (code: number, message: string) =>
  new LibvirtError({ code, domain: 10, level: 2, message });
const cancelled = libvirtSays(78, 'migration out job: canceled by client');
const broken = libvirtSays(9, 'Unable to write to socket: Broken pipe');
const stuck: MigrationEnd = { reason: 'migration-stuck', why: '9 MiB are left' };

describe('a migration that did not go through', () => {
  it.each([
    ['was given up', cancelled, stuck, 'migration-stuck'],
    ['was given up, and broke off before it was cancelled', broken, stuck, 'migration-stuck'],
    ['was out of time', broken, { reason: 'migration-timeout' }, 'migration-timeout'],
    ['was aborted as asked', broken, { reason: 'migration-aborted' }, 'migration-aborted'],
    ['was aborted by a person with virsh', cancelled, {}, 'migration-aborted'],
    ['broke off by itself', broken, {}, 'migration-failed'],
  ] as const)('%s', (_, error, end, code) => {
    expect(judgeEnd(error, end)).toMatchObject({ outcome: 'failed', error: { code } });
  });

  it('says what was left, and what libvirt said of it', () => {
    const { error } = judgeEnd(broken, stuck);
    expect(error?.message).toContain('9 MiB are left');
    expect(error?.message).toContain('Broken pipe');
    expect(judgeEnd(cancelled, stuck).error?.message).not.toContain('canceled');
  });

  it('may still go on where libvirt was lost', () => {
    const lost = new ConnectionError('ended', true);
    expect(judgeEnd(lost, stuck).outcome).toBe('unknown');
  });
});
