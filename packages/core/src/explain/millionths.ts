/** Millionths as people read them: 1 is a whole host's worth. */
export function asShare(millionths: number): string {
  return (millionths / 1_000_000).toFixed(3);
}
