/**
 * Text from elsewhere, made harmless before it reaches a terminal: control characters could clear the
 * screen, answer for the person, or hide what is said; direction marks could make it read as its contrary.
 */

/** C0, DEL, C1, and the marks that change direction or break lines. */
const dangerous =
  // oxlint-disable-next-line no-control-regex -- naming control characters is its purpose
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** One line: each dangerous character becomes a visible `\x1b`. */
export function oneLine(text: string): string {
  return text.replace(dangerous, (character) => {
    if (character === '\n' || character === '\t') return ' ';
    const code = character.charCodeAt(0);
    return code < 256 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
  });
}

/** Whether a terminal would obey something in it; that a line ends does no harm. */
export function isHarmless(text: string): boolean {
  return text.replaceAll('\n', '').search(dangerous) < 0;
}

/** In a text that escapes as JSON does wherever there may be one. */
export function escaped(text: string): string {
  return text.replace(dangerous, (character) =>
    character === '\n' ? character : `\\u${hex(character.charCodeAt(0), 4)}`,
  );
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
