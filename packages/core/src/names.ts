/** Lists of names in sentences, cut so that a record of a large cluster stays within what a record may hold. */

const named = 8;

export function listed(names: readonly string[], separator = ', '): string {
  const shown = names.slice(0, named).join(separator);
  const more = names.length - named;
  return more > 0 ? `${shown} and ${more} more` : shown;
}
