/** What the bodies of the API are made of: closed objects, named so that they keep their names in the OpenAPI file. */
import { Type, type Static, type TSchema } from 'typebox';

export const closed = { additionalProperties: false } as const;
export const Text = Type.String();

export const named = ($id: string) => ({ $id, additionalProperties: false }) as const;

/** `{ items: [...] }`, so that a list can grow fields. */
export function ListOf<Item extends TSchema>(item: Item, $id: string) {
  return Type.Object(
    {
      items: Type.Array(item),
      /** There is more: ask again with this as `continue`. */
      continue: Type.Optional(Text),
    },
    named($id),
  );
}

/** What `?dryRun=true` is answered with where there is no plan to show: it would be taken, and this would be written. */
export const Rehearsal = Type.Object(
  {
    dryRun: Type.Literal(true),
    /** None: it is so already. */
    changes: Type.Array(
      Type.Object(
        {
          change: Type.Union([
            Type.Literal('made'),
            Type.Literal('changed'),
            Type.Literal('removed'),
          ]),
          /** What kind of record, e.g. `vm-intent`, `request`. */
          what: Text,
          id: Text,
        },
        closed,
      ),
    ),
  },
  named('Rehearsal'),
);
export type Rehearsal = Static<typeof Rehearsal>;
