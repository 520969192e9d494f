/** What a person typed and we do not take: exit code 64, with the form that is accepted. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
