/** Elements of typed arrays without the compiler's doubt whether they are there: searches read them by the million. */

export function real(list: Float64Array, index: number): number {
  return list[index] as number;
}

export function whole(list: Int32Array, index: number): number {
  return list[index] as number;
}
