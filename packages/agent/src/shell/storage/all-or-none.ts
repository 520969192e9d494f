/** Several things at once, of which one that fails ends the others; it throws what failed first, when all have ended. */
type Task<Result> = (signal: AbortSignal) => Promise<Result>;
type Results<Tasks extends readonly Task<unknown>[]> = {
  -readonly [Index in keyof Tasks]: Awaited<ReturnType<Tasks[Index]>>;
};

export async function allOrNone<const Tasks extends readonly Task<unknown>[]>(
  signal: AbortSignal,
  tasks: Tasks,
): Promise<Results<Tasks>> {
  const over = new AbortController();
  const ending = AbortSignal.any([signal, over.signal]);
  const failures: unknown[] = [];
  const results = await Promise.all(
    tasks.map((task) =>
      task(ending).catch((error: unknown) => {
        failures.push(error);
        over.abort();
        return undefined;
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
  return results as Results<Tasks>;
}
