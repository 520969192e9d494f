/** Why a VM is where it is, as a table: hosts down, what is judged across, refused hosts with their reason. */
import { why } from '@drover/cli/words';
import { naturally } from './map-view.ts';
import type { Placement } from './types.ts';

export interface ExplainRow {
  readonly hostId: string;
  readonly isBest: boolean;
  /** Of one that fits; its points add up to it. */
  readonly score: number | undefined;
  /** In the order of `terms`; value is 0 to 1000. */
  readonly cells: readonly { readonly value: number; readonly points: number }[];
  readonly refusal: string | undefined;
}

export interface ExplainView {
  readonly terms: readonly { readonly name: string; readonly weight: number }[];
  readonly rows: readonly ExplainRow[];
}

export function explainView(
  placement: Pick<Placement, 'hostId' | 'candidates' | 'rejections'>,
): ExplainView {
  const [first] = placement.candidates;
  const terms = (first?.terms ?? []).map(({ name, weight }) => ({ name, weight }));
  const fits = placement.candidates
    .map(({ hostId, score, terms: own }): ExplainRow => ({
      hostId,
      isBest: hostId === placement.hostId,
      score,
      cells: terms.map(({ name }) => {
        const term = own.find((one) => one.name === name);
        return { value: term?.value ?? 0, points: term?.points ?? 0 };
      }),
      refusal: undefined,
    }))
    .toSorted((one, other) => (other.score ?? 0) - (one.score ?? 0));
  const refused = placement.rejections
    .map((no): ExplainRow => ({
      hostId: no.hostId,
      isBest: false,
      score: undefined,
      cells: [],
      // Of where it might go, the one host that is left out is where it is.
      refusal: no.reason === 'host-excluded' ? 'the VM is there already' : why(no),
    }))
    .toSorted((one, other) => naturally(one.hostId, other.hostId));
  return { terms, rows: [...fits, ...refused] };
}
