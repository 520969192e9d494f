/** A dump that cannot be read: where, and what is wrong there. */
export class DumpError extends Error {
  override readonly name = 'DumpError';
  /** Such as `line 7` or `hosts[2].capacity`. */
  readonly at: string;

  constructor(at: string, problem: string) {
    super(`${at}: ${problem}`);
    this.at = at;
  }
}
