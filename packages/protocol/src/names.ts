/** The shapes of names, ids and addresses that people and programs may send. */
import { Type } from 'typebox';

/** A DNS label: nothing that a path, a subject, a key or an XML text could stumble over. */
export const namePattern = '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$';
export const Name = Type.String({ pattern: namePattern, maxLength: 63 });

/** File in a pool, named by a person; no separators, no leading dot. */
export const FileName = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$',
  maxLength: 127,
});
export const Uuid = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
});
export const OperationId = Type.String({ pattern: '^[0-9A-Za-z-]{1,64}$', maxLength: 64 });
/** Unicast MAC address, lower case. */
export const Mac = Type.String({ pattern: '^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$' });
/** etcd revision as decimal text: 64 bits do not fit a JavaScript number in general. */
export const Epoch = Type.String({ pattern: '^(0|[1-9][0-9]{0,18})$' });
export const Label = Type.String({ pattern: '^[A-Za-z0-9._/-]{0,63}$', maxLength: 63 });
/** A person's own words, in one line. */
export const Remark = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\u0000-\\u001f\\u007f]*$',
});
/** `__proto__` would be lost wherever labels are copied key by key. */
export const Labels = Type.Record(
  Type.String({ pattern: '^(?!__proto__$)[A-Za-z0-9._/-]{1,63}$' }),
  Label,
  { maxProperties: 32, additionalProperties: false },
);
/** Beyond it a JavaScript number is no longer the one that was sent. */
export const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
/** No segment begins with a dot, so `..` cannot be said. */
export const AbsolutePath = Type.String({
  pattern: '^(/[A-Za-z0-9_][A-Za-z0-9._-]*)+$',
  maxLength: 255,
});
export const NetworkHost = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9.:-]*$',
  maxLength: 253,
});
