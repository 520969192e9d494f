/** What can be said of an object besides its state, each with its reason: for programs that wait for one of them. */
import { Type, type Static } from 'typebox';
import { Count } from '../names.ts';
import { named, Text } from './shape.ts';

const Word = Type.String({ pattern: '^[a-z][a-z-]{0,63}$' });

export const Condition = Type.Object(
  {
    /** Every object of a kind has all of its kind; docs/api.md lists them. */
    type: Word,
    /** `unknown`: nobody who could say is heard. */
    status: Type.Union([Type.Literal('true'), Type.Literal('false'), Type.Literal('unknown')]),
    /** Why, as a word that does not change. */
    reason: Word,
    message: Text,
    /** Absent: nobody has kept it. */
    sinceMs: Type.Optional(Count),
  },
  named('Condition'),
);
export type Condition = Static<typeof Condition>;

export const Conditions = Type.Array(Condition);
