/**
 * The certificates of this host, one for its tunnels and one for QEMU: its own keys, asked for over the bus and
 * renewed at two thirds of their lives. Keys are made here and never leave; a certificate that is not what was
 * asked for is not taken.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  checkIssued,
  createRequest,
  type CertificateUse,
  type OwnRequest,
  type Validity,
} from '@drover/certificates';
import type { Bus } from '@drover/bus';
import { CertificateAnswer, DroverError, parseJson, subjects } from '@drover/protocol';
import type { Clock } from './clock.ts';
import type { Log } from './perform.ts';
import type { TunnelIdentity } from './tunnel-order.ts';

export interface HostCertificatesOptions {
  readonly hostId: string;
  /** Where this host receives memory. */
  readonly address: string;
  readonly stateDir: string;
  readonly bus: Pick<Bus, 'publish' | 'subscribe' | 'onStatus'>;
  readonly log: Log;
  readonly clock: Clock;
  /** It has a certificate, or a newer one; also at the start, for one that was kept. */
  readonly onCertificate: (use: CertificateUse, held: Held) => Promise<void>;
}

export type Held = TunnelIdentity & Validity;

const uses = ['tunnel', 'memory'] as const;
const lookMs = 2_000;
/** Between two questions at most; each waits twice as long as the one before. */
const longestPauseMs = 60_000;
const renewAt = 2 / 3;
const answersWaiting = 8;

export class HostCertificates implements Disposable {
  readonly #options: HostCertificatesOptions;
  readonly #held = new Map<CertificateUse, Held>();
  readonly #asked = new Map<CertificateUse, OwnRequest>();
  /** Whose key is being made: a busy host takes longer for one than looks are apart. */
  readonly #making = new Set<CertificateUse>();
  readonly #missing = new Map<CertificateUse, string>();
  readonly #again = new Map<CertificateUse, { readonly atMs: number; readonly pauseMs: number }>();
  readonly #stack = new DisposableStack();

  private constructor(options: HostCertificatesOptions) {
    this.#options = options;
  }

  /** With what was kept, where that is still good. */
  static async open(options: HostCertificatesOptions): Promise<HostCertificates> {
    const own = new HostCertificates(options);
    for (const use of uses) await own.#read(use);
    const { bus, hostId } = options;
    const answers = bus.subscribe(subjects.certificate(hostId), (text) => own.#receive(text), {
      queueLimit: answersWaiting,
      onOverflow: 'drop-oldest',
    });
    own.#stack.defer(() => answers.close());
    const status = bus.onStatus((state) => {
      own.#again.clear();
      if (state === 'connected') void own.#look();
    });
    own.#stack.defer(() => status.close());
    const timer = setInterval(() => void own.#look(), lookMs);
    own.#stack.defer(() => clearInterval(timer));
    return own;
  }

  /** Throws `no-certificate`, which says what is missing and what to do. */
  get(use: CertificateUse): Held {
    const held = this.#held.get(use);
    const { hostId, clock } = this.#options;
    if (held && held.untilMs > clock().wallMs) return held;
    const why = this.#missing.get(use) ?? 'no scheduler has answered yet';
    throw new DroverError('no-certificate', `${hostId} has no certificate for its ${use}: ${why}`);
  }

  async #look(): Promise<void> {
    const { bus, hostId, address, log, clock } = this.#options;
    for (const use of uses) {
      const held = this.#held.get(use);
      const { monoMs, wallMs } = clock();
      if (held && wallMs < held.fromMs + renewAt * (held.untilMs - held.fromMs)) continue;
      // Not by the wall: were that set back, nothing would be asked for till it has caught up.
      const { atMs, pauseMs } = this.#again.get(use) ?? { atMs: monoMs, pauseMs: lookMs };
      if (monoMs < atMs || this.#making.has(use)) continue;
      const nextPauseMs = Math.min(pauseMs * 2, longestPauseMs);
      this.#again.set(use, { atMs: monoMs + pauseMs, pauseMs: nextPauseMs });
      this.#making.add(use);
      try {
        const request = this.#asked.get(use) ?? (await createRequest(hostId));
        this.#asked.set(use, request);
        const body = { v: 1, use, address, requestPem: request.requestPem } as const;
        bus.publish(subjects.certificateRequest(hostId), JSON.stringify(body));
      } catch (error) {
        log.warn(`asking for a certificate: ${String(error)}`);
      } finally {
        this.#making.delete(use);
      }
    }
  }

  async #receive(text: string): Promise<void> {
    const parsed = parseJson(CertificateAnswer, text);
    const { log } = this.#options;
    if (!parsed.ok) return log.warn(`an answer about a certificate: ${parsed.reason}`);
    const answer = parsed.value;
    const { use } = answer;
    if (answer.type === 'refused') return this.#lacks(use, answer.message);
    const request = this.#asked.get(use);
    // Two answers to one question; the first was taken.
    if (request === undefined) return undefined;
    const { certificatePem, trustedPems } = answer;
    const identity = { keyPem: request.keyPem, certificatePem, trustedPems };
    try {
      const held = { ...identity, ...this.#check(use, identity) };
      this.#asked.delete(use);
      await this.#write(use, identity);
      await this.#hold(use, held);
      log.info(`certificate for ${use}, until ${new Date(held.untilMs).toISOString()}`);
    } catch (error) {
      this.#lacks(use, (error as Error).message);
    }
    return undefined;
  }

  #check(use: CertificateUse, identity: TunnelIdentity): Validity {
    const { hostId, clock } = this.#options;
    return checkIssued(hostId, use, identity.keyPem, identity, clock().wallMs);
  }

  async #hold(use: CertificateUse, held: Held): Promise<void> {
    this.#held.set(use, held);
    this.#missing.delete(use);
    this.#again.delete(use);
    await this.#options.onCertificate(use, held);
  }

  #lacks(use: CertificateUse, why: string): void {
    if (this.#missing.get(use) !== why) this.#options.log.warn(`no certificate for ${use}: ${why}`);
    this.#missing.set(use, why);
  }

  #path(use: CertificateUse): string {
    return join(this.#options.stateDir, `certificate-${use}.json`);
  }

  async #read(use: CertificateUse): Promise<void> {
    try {
      const identity = JSON.parse(await readFile(this.#path(use), 'utf8')) as TunnelIdentity;
      await this.#hold(use, { ...identity, ...this.#check(use, identity) });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') this.#lacks(use, (error as Error).message);
    }
  }

  async #write(use: CertificateUse, identity: TunnelIdentity): Promise<void> {
    const path = this.#path(use);
    await writeFile(`${path}.new`, JSON.stringify(identity), { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  [Symbol.dispose](): void {
    this.#stack.dispose();
  }
}
