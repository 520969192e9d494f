/** A plan that is asked for while one chooses, before anything is done: the last question counts, and not each letter asks. */
const restMs = 250;

type Ask<T> = (signal: AbortSignal) => Promise<T>;

export class AskedPlan<T> {
  plan = $state.raw<T>();
  /** What the API said instead. */
  error = $state.raw<unknown>();

  /** `question` is looked at again whenever what it reads has changed; nothing: there is nothing to be asked yet. */
  constructor(question: () => Ask<T> | undefined) {
    $effect(() => {
      const ask = question();
      this.plan = undefined;
      this.error = undefined;
      if (ask === undefined) return undefined;
      const asking = new AbortController();
      const { signal } = asking;
      const timer = setTimeout(() => {
        ask(signal).then(
          (answer) => (this.plan = answer),
          (caught: unknown) => {
            if (!signal.aborted) this.error = caught;
          },
        );
      }, restMs);
      return () => {
        clearTimeout(timer);
        asking.abort();
      };
    });
  }
}
