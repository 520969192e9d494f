/** Why a VM is, or would be, where: the API’s sentences, then one line for each host. */
import type { api } from '@drover/protocol';
import { oneLine } from './harmless.ts';
import { type Rejection, why } from './rejections.ts';
import { type Column, type Paint, renderTable } from './table.ts';

type Placement = Pick<api.PlacementBody, 'candidates' | 'rejections' | 'sentences'>;

interface Row {
  readonly hostId: string;
  readonly candidate?: Placement['candidates'][number];
  readonly rejection?: Rejection;
}

const columns: readonly Column<Row>[] = [
  { head: 'HOST', cell: (row) => row.hostId },
  {
    head: 'FITS',
    cell: (row) => (row.candidate ? { text: 'yes', tone: 'good' } : { text: 'no', tone: 'bad' }),
  },
  { head: 'SCORE', cell: (row) => (row.candidate ? `${row.candidate.score}` : '') },
  {
    head: 'WHY',
    cell: (row) =>
      row.candidate
        ? row.candidate.terms.map((term) => `${term.name} ${term.weight}×${term.value}`).join(', ')
        : row.rejection
          ? whyNot(row.rejection)
          : '',
  },
];

/** Nothing was tried: of where a VM might go, the one host that is left out is where it is. */
function whyNot(no: Rejection): string {
  return no.reason === 'host-excluded' ? 'the VM is there already' : why(no);
}

export function explainText(placement: Placement, paint: Paint): readonly string[] {
  const rows: readonly Row[] = [
    ...placement.candidates.map((candidate) => ({ hostId: candidate.hostId, candidate })),
    ...placement.rejections.map((rejection) => ({ hostId: rejection.hostId, rejection })),
  ];
  return [
    ...placement.sentences.slice(0, 2).map(oneLine),
    ...(rows.length === 0 ? [] : ['', ...renderTable(columns, rows, paint)]),
  ];
}

/** The sentence that says why a VM is on this host, where the answer chose the same one. */
export function placementSentence(
  placement: api.PlacementBody | undefined,
  hostId: string | undefined,
): string | undefined {
  if (placement?.type !== 'placed' || placement.hostId !== hostId) return undefined;
  const [first] = placement.sentences;
  return first === undefined ? undefined : oneLine(first);
}
