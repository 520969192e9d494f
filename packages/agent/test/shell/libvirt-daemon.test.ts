/** When a daemon was started is read from its own file and the kernel. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { daemonStartedMs } from '../../src/shell/libvirt-daemon.ts';

const folder = mkdtempSync(join(tmpdir(), 'drover-'));
/** This process plays the daemon. */
const own = readFileSync('/proc/self/comm', 'utf8').trim();
const wallMs = 1_700_000_000_000;

describe('when libvirt’s daemon was started', () => {
  it('is as long ago as its process is old', async () => {
    writeFileSync(join(folder, `${own}.pid`), `${process.pid}\n`);
    const startedMs = await daemonStartedMs(wallMs, folder, [own]);
    const agoMs = wallMs - (startedMs ?? 0);
    expect(Math.abs(agoMs - process.uptime() * 1_000)).toBeLessThan(2_000);
  });

  it('is not known where its file names another process, or none', async () => {
    writeFileSync(join(folder, 'libvirtd.pid'), `${process.pid}\n`);
    writeFileSync(join(folder, 'virtqemud.pid'), '');
    expect(await daemonStartedMs(wallMs, folder)).toBeUndefined();
    expect(await daemonStartedMs(wallMs, join(folder, 'none'))).toBeUndefined();
  });
});
