/** What is asked for again and again while somebody looks: nothing is asked for a page that nobody sees. */
export class AskedAgain<T> {
  /** The last that was heard, also when the API said no since. */
  answer = $state.raw<T>();
  /** What the API said instead, the last time. */
  error = $state.raw<unknown>();

  /** `ask` asks at once, after each `everyMs`, and whenever what it reads or what `anew` gives has changed. */
  constructor(
    ask: (signal: AbortSignal) => Promise<T>,
    { everyMs, anew = () => undefined }: { everyMs: number; anew?: () => unknown },
  ) {
    $effect(() => {
      void anew();
      const asking = new AbortController();
      const { signal } = asking;
      const look = () => {
        if (document.hidden) return;
        ask(signal).then(
          (answer) => {
            if (signal.aborted) return;
            this.answer = answer;
            this.error = undefined;
          },
          (caught: unknown) => {
            if (!signal.aborted) this.error = caught;
          },
        );
      };
      look();
      const timer = setInterval(look, everyMs);
      // Who comes back to the page does not wait for the clock.
      document.addEventListener('visibilitychange', look, { signal });
      return () => {
        clearInterval(timer);
        asking.abort();
      };
    });
  }
}
