/** Where images may come from, and how large they may be: what is set, what holds where nothing is, and what an address is refused for. */
import { Type, type Static } from 'typebox';
import { Count, Label } from './names.ts';
import type { RecordMirror } from './record-mirror.ts';

const closed = { additionalProperties: false } as const;

/** A name or an address, in lower case and without a port. One in a network of one's own is meant only by its address. */
export const SourceHost = Type.String({
  pattern: '^([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?|[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*)$',
  maxLength: 253,
});
const Scheme = Type.Union([Type.Literal('https'), Type.Literal('http')]);

export const ImageSettings = Type.Object(
  {
    /** Redirects lead only to these, too. */
    hosts: Type.Optional(Type.Array(SourceHost, { maxItems: 64 })),
    schemes: Type.Optional(Type.Array(Scheme, { maxItems: 2 })),
    /** Of what comes. */
    maxBytes: Type.Optional(Count),
    /** Of the disk as its VM sees it. */
    maxVirtualBytes: Type.Optional(Count),
  },
  closed,
);
export type ImageSettings = Static<typeof ImageSettings>;

export const ImageSettingsRecord = Type.Object(
  { v: Type.Literal(1), settings: ImageSettings, by: Label, atMs: Count },
  closed,
);
export type ImageSettingsRecord = Static<typeof ImageSettingsRecord>;

const gib = 1024 ** 3;
export const imageSettingsDefaults: Required<ImageSettings> = {
  hosts: [],
  schemes: ['https'],
  maxBytes: 64 * gib,
  maxVirtualBytes: 2048 * gib,
};

export function imageSettings(records: RecordMirror): Required<ImageSettings> {
  return { ...imageSettingsDefaults, ...records.imageSettings.get('images')?.value.settings };
}

/** Why nothing is fetched from there, with the way out of it; nothing: it may be. */
export function problemWithSource(
  { hosts, schemes }: Required<ImageSettings>,
  url: string,
): string | undefined {
  const [, scheme = '', authority = ''] = /^(https?):\/\/([^/?#]*)/.exec(url) ?? [];
  const host = authority
    .toLowerCase()
    .replace(/:[0-9]*$/, '')
    .replace(/^\[(.*)\]$/, '$1');
  if (authority.includes('@')) return 'the address has a user or a password in it';
  if (!schemes.some((one) => one === scheme)) {
    return `images are fetched by ${schemes.join(' and ') || 'no scheme'} only; an admin can change the setting "schemes" of the images`;
  }
  if (hosts.includes(host)) return undefined;
  const known = hosts.length === 0 ? 'no host is allowed yet' : `allowed are ${hosts.join(', ')}`;
  return `images are not fetched from ${host || 'nowhere'}: ${known}; an admin adds it with: drover image sources add ${host || 'HOST'}`;
}
