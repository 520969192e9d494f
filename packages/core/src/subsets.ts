/** All choices of `count` from a list, in order of their places in it. */
export function* subsets<T>(list: readonly T[], count: number, from = 0): Generator<readonly T[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (let at = from; at <= list.length - count; at += 1) {
    for (const rest of subsets(list, count - 1, at + 1)) yield [list[at] as T, ...rest];
  }
}

/** How many choices there are. */
export function combinations(of: number, count: number): number {
  let product = 1;
  for (let at = 0; at < count; at += 1) product = (product * (of - at)) / (at + 1);
  return product;
}
