/** What the bodies of the API are made of: closed objects, named so that they keep their names in the OpenAPI file. */
import { Type, type TSchema } from 'typebox';

export const closed = { additionalProperties: false } as const;
export const Text = Type.String();

export const named = ($id: string) => ({ $id, additionalProperties: false }) as const;

/** `{ items: [...] }`, so that a list can grow fields. */
export function ListOf<Item extends TSchema>(item: Item, $id: string) {
  return Type.Object({ items: Type.Array(item) }, named($id));
}
