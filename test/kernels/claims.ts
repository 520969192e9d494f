/** What a run claims, one line each as soon as it is known: held or failed, with what was measured. */
import type { Narrator } from '@drover/deploy/lab';

export class Claims {
  held = 0;
  failed = 0;
  readonly #tell: Narrator;

  constructor(tell: Narrator) {
    this.#tell = tell;
  }

  /** `measured`: what was seen, whichever way it went. */
  check(claim: string, isTrue: boolean, measured = ''): void {
    if (isTrue) this.held += 1;
    else this.failed += 1;
    this.#tell.step(`${isTrue ? 'held  ' : 'FAILED'}  ${claim}`);
    if (measured !== '') this.#tell.detail(`        ${measured}`);
  }

  /** Something that a claim rests on did not come about. */
  broke(error: unknown): void {
    this.failed += 1;
    this.#tell.step('FAILED  the run could not go on');
    for (let one = error; one instanceof Error; one = one.cause) {
      this.#tell.detail(`        ${one.message}`);
    }
  }

  get summary(): string {
    return `${this.held} claims held, ${this.failed} failed`;
  }
}
