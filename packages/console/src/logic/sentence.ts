/** What the API says in the middle of a sentence, as the beginning of one. */
export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
