/** A leader certifies whoever asks as the host that the bus says it is. */
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeBus } from '@drover/bus/testing';
import { checkIssued, createAuthority, createRequest, hostIdOf } from '@drover/certificates';
import { CertificateAnswer, parseJson, subjects } from '@drover/protocol';
import { describe, expect, it } from 'vitest';
import { openCertifier, serveCertificates } from '../../src/shell/certify.ts';

const files = await createAuthority('test');
const next = await createAuthority('next');
const folder = mkdtempSync(join(tmpdir(), 'drover-certify-'));
const path = (name: string, text: string) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const config = {
  certificateFile: path('authority.pem', files.certificatePem),
  keyFile: path('authority.key', files.keyPem),
  trustedFiles: [path('next.pem', next.certificatePem)],
  hours: 2,
};
const log = { info: () => {}, warn: () => {}, error: () => {} };
const asked = await createRequest('h9');

async function answerTo(
  body: object,
  configured: Parameters<typeof openCertifier>[0] | 'none' = config,
  subject = subjects.certificateRequest('h1'),
): Promise<CertificateAnswer | undefined> {
  const hub = createFakeBus();
  const host = hub.connect({ role: 'agent', hostId: 'h1' });
  const scheduler = hub.connect({ role: 'scheduler' });
  using _ = serveCertificates(
    scheduler,
    await openCertifier(configured === 'none' ? undefined : configured),
    log,
  );
  await hub.settle();
  const { promise, resolve } = Promise.withResolvers<CertificateAnswer | undefined>();
  let first: CertificateAnswer | undefined;
  host.subscribe(
    subjects.certificate('h1'),
    (text) => {
      const parsed = parseJson(CertificateAnswer, text);
      if (!parsed.ok) throw new Error(parsed.reason);
      // Requests are answered one after the other; this is the answer to the second.
      if (parsed.value.use === 'memory') resolve(first);
      else first = parsed.value;
    },
    { queueLimit: 8, onOverflow: 'drop-oldest' },
  );
  await hub.settle();
  host.publish(subject, JSON.stringify(body));
  host.publish(subjects.certificateRequest('h1'), JSON.stringify({ ...request, use: 'memory' }));
  return await promise;
}

const request = { v: 1, use: 'tunnel', address: '10.0.0.1', requestPem: asked.requestPem } as const;

describe('a host that asks', () => {
  it('gets a certificate in its own name, whatever the request says, and both authorities', async () => {
    const answer = await answerTo(request);
    expect(answer).toMatchObject({
      type: 'issued',
      use: 'tunnel',
      trustedPems: [files.certificatePem, next.certificatePem],
    });
    const { certificatePem, trustedPems } = answer as Extract<typeof answer, { type: 'issued' }>;
    expect(hostIdOf(new X509Certificate(certificatePem), 'tunnel')).toBe('h1');
    const issued = { certificatePem, trustedPems };
    const { untilMs } = checkIssued('h1', 'tunnel', asked.keyPem, issued);
    expect(Math.round((untilMs - Date.now()) / 3_600_000)).toBe(2);
  });

  it('as another host gets nothing: the server does not let it', async () => {
    expect(await answerTo(request, config, subjects.certificateRequest('h2'))).toBeUndefined();
  });

  it('with what is no request, or for another’s name, is told so', async () => {
    expect(await answerTo({ ...request, requestPem: 'x' })).toMatchObject({ type: 'refused' });
    expect(await answerTo({ ...request, address: 'h2.tunnel.drover' })).toMatchObject({
      type: 'refused',
      message: expect.stringContaining('is the name of a host'),
    });
    expect(await answerTo({ v: 1 })).toBeUndefined();
  });

  it('where there is no authority is told the next step', async () => {
    expect(await answerTo(request, 'none')).toMatchObject({
      type: 'refused',
      message: expect.stringContaining('drover authority create'),
    });
  });
});

it('an authority whose files do not belong together is not taken', async () => {
  const keyFile = path('next.key', next.keyPem);
  await expect(openCertifier({ ...config, keyFile })).rejects.toMatchObject({
    code: 'bad-request',
    message: expect.stringContaining('not that of the certificate'),
  });
});
