/** A host gets its certificates, keeps them, renews them in time, and takes none that are not its own. */
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFakeBus, type FakeBus } from '@drover/bus/testing';
import { CertificateRequest, parseJson, subjects } from '@drover/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Held, HostCertificates } from '../../src/shell/host-certificates.ts';
import { testAuthority } from '../support/identities.ts';

const { authority, certificatePem: trusted } = await testAuthority();

let folder = '';
let hub: ReturnType<typeof createFakeBus>;
let leader: FakeBus;
let asked: CertificateRequest[] = [];
/** Changed by the tests: how the leader answers. */
let answerAs = 'h1';
let hours = 3;
let refusal: string | undefined;
/** The host’s clocks, which only the tests move. */
let [monoMs, wallMs] = [0, 0];
const said: string[] = [];
const log = { info: () => {}, warn: (text: string) => void said.push(text), error: () => {} };

async function answer(text: string): Promise<void> {
  const parsed = parseJson(CertificateRequest, text);
  if (!parsed.ok) throw new Error(parsed.reason);
  const { use, address, requestPem } = parsed.value;
  asked.push(parsed.value);
  const reply =
    refusal === undefined
      ? {
          v: 1,
          type: 'issued',
          use,
          trustedPems: [trusted],
          certificatePem: await authority.issue(
            { hostId: answerAs, use, address, requestPem },
            hours,
            wallMs,
          ),
        }
      : { v: 1, type: 'refused', use, message: refusal };
  leader.publish(subjects.certificate('h1'), JSON.stringify(reply));
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hc-'));
  [asked, answerAs, hours, refusal] = [[], 'h1', 3, undefined];
  said.length = 0;
  hub = createFakeBus();
  leader = hub.connect({ role: 'scheduler' });
  leader.subscribe(subjects.allCertificateRequests(), answer, {
    queueLimit: 64,
    onOverflow: 'drop-newest',
  });
  [monoMs, wallMs] = [0, Date.now()];
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});

afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true, force: true });
});

async function open(onCertificate: (use: string, held: Held) => void = () => {}) {
  const bus = hub.connect({ role: 'agent', hostId: 'h1' });
  return HostCertificates.open({
    hostId: 'h1',
    address: '10.0.0.1',
    stateDir: folder,
    bus,
    log,
    clock: () => ({ monoMs, wallMs }),
    onCertificate: async (use, held) => onCertificate(use, held),
  });
}

function pass(ms: number): void {
  monoMs += ms;
  wallMs += ms;
  vi.advanceTimersByTime(ms);
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('it did not come true in 10 s');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function has(certificates: HostCertificates): boolean {
  try {
    return Boolean(certificates.get('tunnel') && certificates.get('memory'));
  } catch {
    return false;
  }
}

describe('the certificates of a host', () => {
  it('are asked for, one for each use, and kept where only root reads them', async () => {
    using certificates = await open();
    await until(() => has(certificates));
    expect(asked.map(({ use }) => use).toSorted()).toEqual(['memory', 'tunnel']);
    expect(certificates.get('tunnel').keyPem).not.toBe(certificates.get('memory').keyPem);
    const names = await readdir(folder);
    expect(names.toSorted()).toEqual(['certificate-memory.json', 'certificate-tunnel.json']);
    for (const name of names) expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(folder, 'certificate-tunnel.json'), 'utf8')).not.toContain(
      'undefined',
    );
  });

  it('are asked for with one key, however long that takes to make', async () => {
    using certificates = await open();
    // Nothing else has its turn in between: the key is not there yet.
    for (const ms of [2_000, 4_000, 8_000]) pass(ms);
    await until(() => has(certificates));
    await hub.settle();
    const keys = new Set(asked.map(({ requestPem }) => requestPem));
    expect(keys.size).toBe(2);
    expect(said).toEqual([]);
  });

  it('outlive the agent', async () => {
    {
      using certificates = await open();
      await until(() => has(certificates));
    }
    asked = [];
    const told: string[] = [];
    using again = await open((use) => told.push(use));
    expect(has(again)).toBe(true);
    expect(told).toEqual(['tunnel', 'memory']);
    await hub.settle();
    expect(asked).toEqual([]);
  });

  it('are renewed with new keys at two thirds of their lives, not before, while the old ones serve', async () => {
    using certificates = await open();
    await until(() => has(certificates));
    const first = certificates.get('tunnel');
    const lifeMs = first.untilMs - first.fromMs;
    wallMs = first.fromMs + lifeMs / 2;
    pass(10_000);
    await hub.settle();
    expect(asked).toHaveLength(2);
    wallMs = first.fromMs + (lifeMs * 2) / 3 + 1_000;
    pass(10_000);
    expect(certificates.get('tunnel')).toBe(first);
    await until(() => certificates.get('tunnel') !== first);
    const second = certificates.get('tunnel');
    expect(second.keyPem).not.toBe(first.keyPem);
    expect(second.untilMs).toBeGreaterThan(first.untilMs);
  });

  it('that have run out are not given out', async () => {
    using certificates = await open();
    await until(() => has(certificates));
    leader.setOnline(false);
    wallMs = certificates.get('tunnel').untilMs;
    expect(() => certificates.get('tunnel')).toThrow('h1 has no certificate for its tunnel');
  });

  it('are not taken where they are another host’s, and it says so', async () => {
    answerAs = 'h2';
    using certificates = await open();
    await until(() => said.length === 2);
    expect(said[0]).toContain('for another host');
    expect(() => certificates.get('tunnel')).toThrow('for another host');
    expect(await readdir(folder)).toEqual([]);
  });

  it('that are refused are asked for again, and what is missing is said', async () => {
    refusal = 'the scheduler has no authority';
    using certificates = await open();
    await until(() => said.length === 2);
    expect(() => certificates.get('memory')).toThrow('the scheduler has no authority');
    refusal = undefined;
    // It has been set right meanwhile, and was ahead.
    wallMs -= 600_000;
    pass(10_000);
    await until(() => has(certificates));
    expect(has(certificates)).toBe(true);
  });
});
