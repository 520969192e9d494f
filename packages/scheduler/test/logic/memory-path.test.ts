/** How memory travels is decided once, from what both hosts can, and both are told the same. */
import { describe, expect, it } from 'vitest';
import { Lab, vmA } from './lab.ts';
import { failed } from './scripted-host.ts';

const able = { able: true, reason: 'certificate until 2027' };
const unable = { able: false, reason: 'set migrate_tls_x509_cert_dir' };
const off = 'encryption is off';

type Encryption = 'required' | 'preferred' | 'off';

function moved(encryption: Encryption, hosts: Readonly<Record<string, typeof able | undefined>>) {
  const lab = Lab.withHosts(2, { encryption });
  lab.runningVm(vmA, 'h1');
  for (const [id, migrationTls] of Object.entries(hosts)) {
    if (migrationTls) lab.host(id).about = { migrationTls };
    lab.host(id).report();
  }
  lab.pass(1_000);
  const record = lab.ended(lab.request({ type: 'migrate', vmId: vmA, target: 'h2' }));
  const told = [...lab.leader.sends('prepare-incoming'), ...lab.leader.sends('migrate-out')];
  return { record, told: told.map(({ body }) => ('memoryPath' in body ? body.memoryPath : '')) };
}

describe('memory travels', () => {
  it.each<[Encryption, object, string, string | undefined]>([
    ['preferred', { h1: able, h2: able }, 'tls', undefined],
    ['required', { h1: able, h2: able }, 'tls', undefined],
    ['off', { h1: able, h2: able }, 'clear', off],
    ['preferred', { h1: able, h2: unable }, 'clear', 'h2: set migrate_tls_x509_cert_dir'],
    ['required', { h1: unable, h2: able }, 'tunnel', 'h1: set migrate_tls_x509_cert_dir'],
    ['required', { h1: able, h2: undefined }, 'tunnel', 'h2: its agent says nothing of TLS'],
  ])('%s, %j: %s', (encryption, hosts, memoryPath, memoryPathReason) => {
    const { record, told } = moved(encryption, hosts as Parameters<typeof moved>[1]);
    expect(told).toEqual([memoryPath, memoryPath]);
    expect(record).toMatchObject({ state: 'succeeded', memoryPath });
    expect(record.memoryPathReason).toBe(memoryPathReason);
  });
});

describe('a tunnel’s end', () => {
  it('is told which VM may come, and until when', () => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    lab.ended(lab.request({ type: 'migrate', vmId: vmA, target: 'h2' }));
    expect(lab.leader.sends('prepare-incoming')[0]).toMatchObject({
      vmId: vmA,
      body: { source: 'h1', vmName: expect.any(String), mode: 'live', expiresInMs: 420_000 },
    });
  });

  it.each(['h1', 'h2'])('that refused something on %s is named by the operation', (hostId) => {
    const lab = Lab.withHosts(2);
    lab.runningVm(vmA, 'h1');
    lab.host('h1').scripts.set('migrate-out', ({ opId }) => {
      const refusal = { opId, reason: 'procedure', message: 'domainDestroy (procedure 12)' };
      const earlier = { opId: 'earlier', reason: 'procedure', message: 'another' };
      const knock = { opId, reason: 'peer', message: 'h3 came' };
      lab.host(hostId).about = { tunnelRefusals: [earlier, knock, refusal] };
      return failed('migration-failed', 'client socket is closed');
    });
    const ended = lab.ended(lab.request({ type: 'migrate', vmId: vmA, target: 'h2' }));
    expect(ended).toMatchObject({
      state: 'failed',
      error: {
        code: 'tunnel-refused',
        message: `the tunnel’s end on ${hostId} refused it (procedure): domainDestroy (procedure 12)`,
      },
    });
    expect(lab.running(vmA)).toEqual(['h1']);
  });
});
