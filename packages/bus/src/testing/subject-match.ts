/** Subjects and patterns as the NATS server compares them: `*` is one token, `>` is one or more. Pure. */

/** Does everything that `inner` (a subject or a pattern) can match also match `outer`? */
export function covers(outer: string, inner: string): boolean {
  const outerTokens = outer.split('.');
  const innerTokens = inner.split('.');
  for (const [index, token] of outerTokens.entries()) {
    const other = innerTokens[index];
    if (other === undefined) return false;
    if (token === '>') return true;
    if (other === '>') return false;
    if (token !== '*' && token !== other) return false;
  }
  return outerTokens.length === innerTokens.length;
}

export function coversAny(allowed: readonly string[], subject: string): boolean {
  return allowed.some((pattern) => covers(pattern, subject));
}
