/** What is answered where something is wrong: RFC 9457, with a stable `code`. */
import { Type, type Static } from 'typebox';
import { RejectionRecord } from '../records.ts';
import { closed, named, Text } from './shape.ts';

export const Problem = Type.Object(
  {
    /** `urn:drover:error:<code>` */
    type: Text,
    code: Text,
    title: Text,
    status: Type.Integer(),
    detail: Text,
    /** For `invalid-body`: where and what. */
    errors: Type.Optional(
      Type.Array(Type.Object({ path: Text, message: Text }, closed), { maxItems: 32 }),
    ),
    /** For `no-host-fits`: each host's reason. */
    rejections: Type.Optional(Type.Array(RejectionRecord)),
    retry: Text,
  },
  named('Problem'),
);
export type Problem = Static<typeof Problem>;
