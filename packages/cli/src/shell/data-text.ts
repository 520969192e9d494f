/** Answers for programs, as JSON or as YAML 1.2; both mean the same, and hold nothing a terminal obeys. */
import { Document, visit } from 'yaml';
import { escaped, isHarmless } from '../logic/harmless.ts';

export type DataForm = 'json' | 'yaml';

/** All there is to say. */
export function dataText(value: unknown, form: DataForm): string {
  return form === 'json' ? escaped(JSON.stringify(value, undefined, 2)) : yamlOf(value);
}

/** One of several that follow each other: JSON a line each, YAML a document each. */
export function oneOfMany(value: unknown, form: DataForm): string {
  return form === 'json' ? escaped(JSON.stringify(value)) : `---\n${yamlOf(value)}`;
}

function yamlOf(value: unknown): string {
  // No anchors: what stands twice in an answer is said twice, as in JSON.
  const document = new Document(value, { aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, scalar) {
      // Only in double quotes can anything be escaped.
      if (typeof scalar.value === 'string' && !isHarmless(scalar.value))
        scalar.type = 'QUOTE_DOUBLE';
    },
  });
  return escaped(document.toString({ lineWidth: 0 })).trimEnd();
}
