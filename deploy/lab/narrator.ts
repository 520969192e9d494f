/** Tells a person what happens and how long it took: one line a step, to a terminal or to a file alike. */

export interface Narrator {
  /** A heading. */
  part(text: string): void;
  /** Something happened. */
  step(text: string): void;
  /** Detail under the last step. */
  detail(text: string): void;
}

/** `stream`: standard output for people, standard error where standard output is for a program. */
export function narrator(stream: NodeJS.WritableStream): Narrator {
  const started = performance.now();
  const stamp = () => `${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s`;
  return {
    part: (text) => void stream.write(`\n${text}\n`),
    step: (text) => void stream.write(`${stamp()}  ${text}\n`),
    detail: (text) => void stream.write(`${' '.repeat(8)}    ${text}\n`),
  };
}
