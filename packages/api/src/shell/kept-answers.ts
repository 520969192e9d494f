/**
 * Answers that are dear to make: one that took long is kept for nine times as long, so that whoever asks, and however
 * often, takes at most a tenth of the time of who answers. Those who ask meanwhile get the same one; a failure is not kept.
 */
export class KeptAnswers<Answer> {
  readonly #kept = new Map<string, { untilMs: number; readonly answer: Promise<Answer> }>();

  get(question: string, ask: () => Promise<Answer>): Promise<Answer> {
    const begunMs = performance.now();
    for (const [key, { untilMs }] of this.#kept) {
      if (untilMs <= begunMs) this.#kept.delete(key);
    }
    const known = this.#kept.get(question);
    if (known !== undefined) return known.answer;
    const coming = { untilMs: Number.POSITIVE_INFINITY, answer: ask() };
    this.#kept.set(question, coming);
    coming.answer.then(
      () => {
        const endedMs = performance.now();
        coming.untilMs = endedMs + 9 * (endedMs - begunMs);
      },
      () => this.#kept.delete(question),
    );
    return coming.answer;
  }
}
