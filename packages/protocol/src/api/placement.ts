/** Where VMs would go, with every host's score or refusal. */
import { Type, type Static } from 'typebox';
import { Name } from '../names.ts';
import { RejectionRecord } from '../records.ts';
import { VmSpec } from '../vm-spec.ts';
import { closed, named, Text } from './shape.ts';

const CandidateBody = Type.Object(
  {
    hostId: Name,
    score: Type.Integer(),
    terms: Type.Array(
      Type.Object(
        { name: Text, weight: Type.Integer(), value: Type.Integer(), points: Type.Integer() },
        closed,
      ),
    ),
  },
  closed,
);

export const PlacementBody = Type.Object(
  {
    type: Type.Union([Type.Literal('placed'), Type.Literal('refused')]),
    hostId: Type.Optional(Name),
    candidates: Type.Array(CandidateBody),
    rejections: Type.Array(RejectionRecord),
    sentences: Type.Array(Text),
  },
  named('Placement'),
);
export type PlacementBody = Static<typeof PlacementBody>;

export const PlacementAsk = Type.Object(
  {
    spec: VmSpec,
    count: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
    only: Type.Optional(Name),
    /** False: the chosen host alone, without the others and why: many times as fast on many hosts. A refusal is always explained. */
    explain: Type.Optional(Type.Boolean()),
  },
  named('PlacementAsk'),
);
export type PlacementAsk = Static<typeof PlacementAsk>;
