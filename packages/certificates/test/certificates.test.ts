import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:tls';
import { describe, expect, it } from 'vitest';
import {
  Authority,
  certificateName,
  checkIssued,
  createAuthority,
  createRequest,
  hostIdOf,
} from '../src/index.ts';

const files = await createAuthority('test');
const authority = await Authority.open(files);
const asked = await createRequest('h1');
const issue = (more: Partial<Parameters<Authority['issue']>[0]> = {}, hours = 24) =>
  authority.issue(
    { requestPem: asked.requestPem, hostId: 'h1', use: 'tunnel', address: '10.0.0.1', ...more },
    hours,
  );
const certificatePem = await issue();
const trustedPems = [files.certificatePem];

describe('an authority', () => {
  it('signs for the host that asked, with its address, for both ends of a connection', () => {
    const certificate = new X509Certificate(certificatePem);
    expect(certificate.subjectAltName).toBe('DNS:h1.tunnel.drover, IP Address:10.0.0.1');
    expect(hostIdOf(certificate, 'tunnel')).toBe('h1');
    expect(hostIdOf(certificate, 'memory')).toBeUndefined();
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(certificate.ca).toBe(false);
  });

  it('signs for as long as it is told', async () => {
    const { fromMs, untilMs } = checkIssued('h1', 'tunnel', asked.keyPem, {
      certificatePem: await issue({}, 2),
      trustedPems,
    });
    expect(Math.round((untilMs - fromMs) / 3_600_000)).toBe(3);
  });

  it('takes the name from who asked, not from what the request says', async () => {
    expect(hostIdOf(new X509Certificate(await issue({ hostId: 'h2' })), 'tunnel')).toBe('h2');
  });

  it.each(['h2.tunnel.drover', 'H2.MEMORY.DROVER', 'a.drover', 'h2.tunnel.drover.'])(
    'gives nobody the name of a host as an address: %s',
    async (address) => {
      await expect(issue({ address })).rejects.toThrow('is the name of a host');
    },
  );

  it.each(['', 'no request', certificatePem])(
    'refuses what is no request: %.10s',
    async (requestPem) => {
      await expect(issue({ requestPem })).rejects.toThrow(Error);
    },
  );

  it('refuses a request that another key has signed', async () => {
    const der = Buffer.from(asked.requestPem.replaceAll(/-----.*-----|\n/g, ''), 'base64');
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
    const requestPem = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
    await expect(issue({ requestPem })).rejects.toThrow('not signed by its own key');
  });

  it('is not opened with another’s key, nor with a host’s certificate', async () => {
    const other = await createAuthority('other');
    await expect(Authority.open({ ...files, keyPem: other.keyPem })).rejects.toThrow('not that of');
    await expect(Authority.open({ certificatePem, keyPem: asked.keyPem })).rejects.toThrow(
      'not one of an authority',
    );
  });
});

describe('a host', () => {
  const issued = { certificatePem, trustedPems };

  it('takes what is for it', () => {
    expect(checkIssued('h1', 'tunnel', asked.keyPem, issued).untilMs).toBeGreaterThan(Date.now());
  });

  it('takes nothing for another host, another key, by another authority, or at another time', async () => {
    const other = await createAuthority('test');
    const { keyPem } = await createRequest('h1');
    expect(() => checkIssued('h2', 'tunnel', asked.keyPem, issued)).toThrow('for another host');
    expect(() => checkIssued('h1', 'tunnel', keyPem, issued)).toThrow('for another key');
    expect(() =>
      checkIssued('h1', 'tunnel', asked.keyPem, { ...issued, trustedPems: [other.certificatePem] }),
    ).toThrow('no authority');
    expect(() =>
      checkIssued('h1', 'tunnel', asked.keyPem, issued, Date.now() + 90_000_000),
    ).toThrow('not valid at this time');
  });

  it('has no name where a certificate carries none, or two', () => {
    expect(hostIdOf({ subjectAltName: 'DNS:example.org' }, 'tunnel')).toBeUndefined();
    expect(
      hostIdOf({ subjectAltName: 'DNS:a.tunnel.drover, DNS:b.tunnel.drover' }, 'tunnel'),
    ).toBeUndefined();
    expect(hostIdOf({ subjectAltName: undefined }, 'tunnel')).toBeUndefined();
  });

  it('meets another over TLS 1.3, both known to each other by name', async () => {
    const two = await createRequest('h2');
    const cert = await authority.issue({ ...two, hostId: 'h2', use: 'tunnel', address: 'h2' }, 1);
    const server = createServer({
      key: two.keyPem,
      cert,
      ca: trustedPems,
      requestCert: true,
      minVersion: 'TLSv1.3',
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { readonly port: number };
    const accepted = once(server, 'secureConnection');
    const client = connect({
      port,
      host: '127.0.0.1',
      key: asked.keyPem,
      cert: certificatePem,
      ca: trustedPems,
      servername: certificateName('h2', 'tunnel'),
    });
    await once(client, 'secureConnect');
    const [peer] = (await accepted) as [typeof client];
    expect(hostIdOf(peer.getPeerX509Certificate() ?? new X509Certificate(''), 'tunnel')).toBe('h1');
    client.destroy();
    server.close();
  });
});
