/** Total orders that do not depend on a locale, and ties broken by id. */

/** By code unit. */
export function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return byText(a.id, b.id);
}
