/** Ids that are the same in every run: readable where people read them, of the right shape everywhere. */

const kinds = { host: '1', vm: '2', pool: '3', rule: '4', left: '5' } as const;

export function uuidOf(kind: keyof typeof kinds, index: number): string {
  return `${kinds[kind].repeat(8)}-0000-4000-8000-${index.toString(16).padStart(12, '0')}`;
}
