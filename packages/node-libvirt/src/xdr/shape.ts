/**
 * What a codec is made of, as data. Whoever wants values of a codec, or a picture of its layout, walks the
 * shape; how the bytes are written is the codec's own business.
 */
import type { Codec } from './codec.ts';

export type Shape =
  | { readonly kind: 'none' | 'i32' | 'u32' | 'i64' | 'u64' | 'double' | 'bool' | 'typedParam' }
  | { readonly kind: 'string' | 'opaqueVar'; readonly max: number }
  | { readonly kind: 'opaqueFixed' | 'charArray'; readonly length: number }
  | { readonly kind: 'array'; readonly item: Codec<unknown>; readonly max: number }
  | { readonly kind: 'optional'; readonly item: Codec<unknown> }
  | { readonly kind: 'struct'; readonly fields: Readonly<Record<string, Codec<unknown>>> }
  | {
      readonly kind: 'mapped';
      readonly wire: Codec<unknown>;
      /** From the wire's value to the one that callers see. */
      readonly from: (wire: unknown) => unknown;
    };
