/** `drover authority create`: two files, once. */
import { mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority } from '@drover/certificates';
import { describe, expect, it } from 'vitest';
import { drover } from './support/drover.ts';

describe('authority create', () => {
  it('makes an authority whose key only its owner reads, and never over another', async () => {
    const folder = join(mkdtempSync(join(tmpdir(), 'drover-authority-')), 'new');
    const end = await drover(['authority', 'create', '--folder', folder]);
    expect(end).toMatchObject({ code: 0 });
    const [certificatePem = '', keyPem = ''] = ['authority.pem', 'authority.key'].map((name) =>
      readFileSync(join(folder, name), 'utf8'),
    );
    expect((await Authority.open({ certificatePem, keyPem })).certificatePem).toBe(certificatePem);
    expect(statSync(join(folder, 'authority.key')).mode & 0o777).toBe(0o600);
    expect((await drover(['authority', 'create', '--folder', folder])).code).toBe(64);
    expect(readFileSync(join(folder, 'authority.key'), 'utf8')).toBe(keyPem);
  });
});
