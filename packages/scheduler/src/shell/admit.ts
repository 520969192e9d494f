/**
 * Says to NATS who of those that its configuration does not name may connect: hosts that have joined, by the key that they
 * joined with, each as itself alone. For as long as this scheduler leads; who is refused meanwhile tries again.
 */
import { readFile } from 'node:fs/promises';
import type { Bus } from '@drover/bus';
import {
  type AdmissionAnswer,
  type AdmissionQuestion,
  issuerFrom,
  readQuestion,
  writeAnswer,
} from '@drover/join';
import {
  DroverError,
  HostKeyRecord,
  keys,
  natsPermissions,
  parseAgentName,
  parseJson,
  subjects,
} from '@drover/protocol';
import type { Store } from '@drover/store';
import type { SchedulerConfig } from './config.ts';
import type { Log } from './performer.ts';

export interface Admission {
  /** Of the account that NATS takes answers from. */
  readonly issuerSeed: string;
}

/** Of a thousand hosts that come at once: each question is one read of etcd. */
const atOnce = 2_048;

/** Nothing where none is configured. Throws `bad-request` that names what is wrong. */
export async function openAdmission(
  config: SchedulerConfig['join'],
): Promise<Admission | undefined> {
  if (config === undefined) return undefined;
  try {
    const { seed } = issuerFrom((await readFile(config.issuerSeedFile, 'utf8')).trim());
    return { issuerSeed: seed };
  } catch (error) {
    throw new DroverError('bad-request', `join.issuerSeedFile: ${(error as Error).message}`);
  }
}

export function serveAdmission(
  bus: Pick<Bus, 'respond'>,
  store: Pick<Store, 'get'>,
  { issuerSeed }: Admission,
  log: Log,
): Disposable {
  const questions = bus.respond(
    subjects.admission(),
    async (text) => {
      const question = readQuestion(text);
      // Whatever it was, it was not NATS that asked.
      if (question === undefined) return '';
      const answer = await answerTo(store, question);
      if (answer.type === 'refused') log.warn(`NATS lets nobody in: ${answer.reason}`);
      else log.info(`NATS lets ${question.name} in`);
      return writeAnswer(issuerSeed, question, answer);
    },
    { concurrency: atOnce },
  );
  return { [Symbol.dispose]: () => questions.close() };
}

async function answerTo(
  store: Pick<Store, 'get'>,
  { name, publicKey }: AdmissionQuestion,
): Promise<AdmissionAnswer> {
  const refused = (reason: string): AdmissionAnswer => ({ type: 'refused', reason });
  const hostId = parseAgentName(name);
  if (hostId === undefined) return refused('who asks is no agent of a host');
  if (publicKey === undefined) return refused(`who calls itself ${name} has shown no key`);
  let known: string | undefined;
  try {
    known = (await store.get(keys.hostKey(hostId))).entry?.value;
  } catch (error) {
    return refused(`${name}: etcd does not say whether it has joined: ${String(error)}`);
  }
  const parsed = known === undefined ? undefined : parseJson(HostKeyRecord, known);
  if (parsed?.ok !== true) return refused(`${hostId} has not joined with a token`);
  if (parsed.value.publicKey !== publicKey) {
    return refused(`${name} has another key than the one that ${hostId} joined with`);
  }
  return { type: 'admitted', permissions: natsPermissions({ role: 'agent', hostId }) };
}
