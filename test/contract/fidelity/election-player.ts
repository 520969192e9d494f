/** Three candidates for one office, and what may befall them; played on the simulator's election and on the store's. */
import fc from 'fast-check';
import { type Player, type Step, stepwise } from './play.ts';

export const candidates = ['s1', 's2', 's3'] as const;
export type Candidate = (typeof candidates)[number];

export interface ElectionOperation {
  /**
   * `kill`: its process ends and gives nothing back. `strike`: somebody deletes its key; `revoke`: somebody ends its
   * lease. What a candidate cannot do now is left out.
   */
  readonly type: 'campaign' | 'resign' | 'kill' | 'strike' | 'revoke';
  readonly who: Candidate;
}

const who = fc.constantFrom(...candidates);
const of = (type: ElectionOperation['type']) => fc.record({ type: fc.constant(type), who });

export const electionOperation: fc.Arbitrary<ElectionOperation> = fc.oneof(
  { arbitrary: of('campaign'), weight: 12 },
  { arbitrary: of('resign'), weight: 5 },
  { arbitrary: of('strike'), weight: 4 },
  { arbitrary: of('revoke'), weight: 4 },
  { arbitrary: of('kill'), weight: 1 },
);

export function sayElection({ type, who: name }: ElectionOperation): string {
  return `${type} ${name}`;
}

export interface ElectionEars {
  readonly onElected: (epoch: number) => void;
  readonly onLost: (reason: string) => void;
}

/** One candidacy: from its beginning until it is lost or given back. */
export interface Candidacy {
  isCurrent(): boolean;
  resign(): void;
  kill(): void;
}

export interface ElectionSide extends AsyncDisposable {
  campaign(candidate: Candidate, ears: ElectionEars): Candidacy;
  /** The keys there are, the oldest first. */
  standing(): Promise<
    readonly { readonly candidate: string; readonly key: string; readonly createRevision: number }[]
  >;
  strike(key: string): Promise<void>;
  revoke(key: string): Promise<void>;
  /** Until `isSo`, or until nothing more can be expected. */
  settle(after: ElectionOperation['type'], isSo: () => Promise<boolean>): Promise<void>;
}

export function electionPlayer(
  name: string,
  open: () => Promise<ElectionSide>,
): Player<ElectionOperation> {
  return {
    name,
    play: async (operations, expected) => {
      await using side = await open();
      const play = new ElectionPlay(side);
      return (await stepwise(operations, expected, (...one) => play.step(...one))).steps;
    },
  };
}

interface Standing {
  readonly candidacy: Candidacy;
  epoch?: number;
}

class ElectionPlay {
  readonly #side: ElectionSide;
  readonly #in = new Map<Candidate, Standing>();
  readonly #told: string[] = [];
  #highest = 0;

  constructor(side: ElectionSide) {
    this.#side = side;
  }

  async step(operation: ElectionOperation, expected: Step | undefined): Promise<Step> {
    const from = this.#told.length;
    await this.#do(operation);
    const read = async () => [...this.#told.slice(from).toSorted(), ...(await this.#state())];
    await this.#side.settle(operation.type, async () => {
      const wanted = expected?.join();
      return wanted !== undefined && (await read()).join() === wanted;
    });
    return await read();
  }

  async #do({ type, who: name }: ElectionOperation): Promise<void> {
    const side = this.#side;
    const standing = this.#in.get(name);
    if (type === 'campaign') {
      if (standing === undefined) this.#campaign(name);
      return;
    }
    if (standing === undefined) return;
    if (type === 'resign' || type === 'kill') {
      standing.candidacy[type]();
      this.#in.delete(name);
      return;
    }
    const own = (await side.standing()).find(({ candidate }) => candidate === name);
    if (own !== undefined) await side[type](own.key);
  }

  #campaign(name: Candidate): void {
    const standing: Standing = {
      candidacy: this.#side.campaign(name, {
        onElected: (epoch) => {
          standing.epoch = epoch;
          this.#told.push(`${name} is elected, ${epoch > this.#highest ? 'higher' : 'NOT higher'}`);
          this.#highest = Math.max(this.#highest, epoch);
        },
        onLost: (reason) => {
          this.#told.push(`${name} has lost: ${reason}`);
          if (this.#in.get(name) === standing) this.#in.delete(name);
        },
      }),
    };
    this.#in.set(name, standing);
  }

  async #state(): Promise<readonly string[]> {
    const standing = await this.#side.standing();
    const leads = [...this.#in].filter(([, { candidacy }]) => candidacy.isCurrent());
    return [
      `stand: ${standing.map(({ candidate }) => candidate).join(', ')}`,
      ...leads.map(([name, { epoch }]) => {
        const own = standing.find(({ candidate }) => candidate === name);
        return `${name} leads, ${own?.createRevision === epoch ? 'under its key' : 'WITHOUT its key'}`;
      }),
    ];
  }
}
