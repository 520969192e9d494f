/**
 * Answers hosts that ask for certificates, for as long as this scheduler leads. Which host asks is in the
 * subject, held by the server; the authority's key is in files that only schedulers have.
 */
import { readFile } from 'node:fs/promises';
import type { Bus } from '@drover/bus';
import { Authority } from '@drover/certificates';
import {
  type CertificateAnswer,
  CertificateRequest,
  DroverError,
  parseCertificateSubject,
  parseJson,
  subjects,
} from '@drover/protocol';
import type { SchedulerConfig } from './config.ts';
import type { Log } from './performer.ts';

export interface Certifier {
  readonly authority: Authority;
  /** What hosts are told to trust: this authority, and others during a change of it. */
  readonly trustedPems: readonly string[];
  readonly hours: number;
}

const defaultHours = 24;
const requestsWaiting = 2_048;
const noAuthority = 'the scheduler has no authority; see drover authority create --help';

/** Nothing where none is configured. Throws `bad-request` that names what is wrong. */
export async function openCertifier(
  config: SchedulerConfig['authority'],
): Promise<Certifier | undefined> {
  if (config === undefined) return undefined;
  const { certificateFile, keyFile, trustedFiles = [], hours = defaultHours } = config;
  try {
    const authority = await Authority.open({
      certificatePem: await readFile(certificateFile, 'utf8'),
      keyPem: await readFile(keyFile, 'utf8'),
    });
    const others = await Promise.all(trustedFiles.map((file) => readFile(file, 'utf8')));
    return { authority, trustedPems: [authority.certificatePem, ...others], hours };
  } catch (error) {
    throw new DroverError('bad-request', `authority: ${(error as Error).message}`);
  }
}

export function serveCertificates(
  bus: Pick<Bus, 'publish' | 'subscribe'>,
  certifier: Certifier | undefined,
  log: Log,
): Disposable {
  if (certifier === undefined) log.warn(`hosts get no certificates: ${noAuthority}`);
  const requests = bus.subscribe(
    subjects.allCertificateRequests(),
    async (text, subject) => {
      const hostId = parseCertificateSubject(subject);
      const parsed = parseJson(CertificateRequest, text);
      if (hostId === undefined || !parsed.ok) return;
      const answer = await answerTo(certifier, hostId, parsed.value);
      if (answer.type === 'issued') log.info(`certificate for the ${answer.use} of ${hostId}`);
      else if (certifier)
        log.warn(`no certificate for the ${answer.use} of ${hostId}: ${answer.message}`);
      bus.publish(subjects.certificate(hostId), JSON.stringify(answer));
    },
    { queueLimit: requestsWaiting, onOverflow: 'drop-newest' },
  );
  return { [Symbol.dispose]: () => requests.close() };
}

async function answerTo(
  certifier: Certifier | undefined,
  hostId: string,
  { use, address, requestPem }: CertificateRequest,
): Promise<CertificateAnswer> {
  const refused = (message: string): CertificateAnswer => ({ v: 1, type: 'refused', use, message });
  if (certifier === undefined) {
    return refused(noAuthority);
  }
  const { authority, trustedPems, hours } = certifier;
  try {
    const certificatePem = await authority.issue({ hostId, use, address, requestPem }, hours);
    return { v: 1, type: 'issued', use, certificatePem, trustedPems: [...trustedPems] };
  } catch (error) {
    return refused(`the request is not right: ${(error as Error).message}`.slice(0, 1000));
  }
}
