/**
 * Where libvirt finds no CPU that all hosts give: which hosts are the odd ones. Each kind of CPU is tried together with
 * the most common one alone.
 */
import type { CommandBody, OperationError } from '@drover/protocol';
import { ask, type Freshness } from './questions.ts';
import type { Turn } from './turn.ts';

type Baseline = Extract<CommandBody, { kind: 'baseline-cpu' }>;

export interface Disagreement extends Pick<Baseline, 'arch' | 'virtType'> {
  /** Whose libvirt found it. */
  readonly hostId: string;
  /** Of the question. */
  readonly about: string;
  readonly hostsOf: ReadonlyMap<string, readonly string[]>;
  readonly error: OperationError;
}

/** The error with the hosts that do not agree; nothing while an answer is on its way. */
export function whoDisagrees(
  turn: Turn,
  { hostId, about, arch, virtType, hostsOf, error }: Disagreement,
  fresh: Freshness,
): OperationError | undefined {
  const { code } = error;
  const said = (more: string) => {
    const message = `${hostId} finds no CPU that all hosts give: ${error.message}${more}`;
    return { code, message: message.slice(0, 1000) };
  };
  if (code === 'host-silent') return said('');
  const [common = '', ...others] = [...hostsOf.keys()].toSorted(
    (a, b) => (hostsOf.get(b)?.length ?? 0) - (hostsOf.get(a)?.length ?? 0) || (a < b ? -1 : 1),
  );
  const replies = [common, ...others].map((cpu, at) => {
    const cpus = cpu === common ? [common] : [common, cpu];
    const body = { kind: 'baseline-cpu', arch, virtType, cpus } as const;
    return { cpu, reply: ask(turn, { hostId, about: `${about} with ${at}`, body }, fresh) };
  });
  if (replies.some(({ reply }) => reply.type === 'asked')) return undefined;
  const [alone, ...pairs] = replies;
  // It is not about what the hosts give: this libvirt finds none whatever it is given.
  if (alone?.reply.type !== 'answer') return said('');
  const named = (isOdd: boolean) =>
    pairs
      .filter(({ reply }) => (reply.type === 'failed') === isOdd)
      .flatMap(({ cpu }) => hostsOf.get(cpu) ?? [])
      .toSorted();
  const odd = named(true);
  if (odd.length === 0) return said('; any two of them would agree');
  const agreeing = [...(hostsOf.get(common) ?? []), ...named(false)].toSorted();
  return said(`; ${odd.join(', ')} give none that ${agreeing.join(', ')} give`);
}
