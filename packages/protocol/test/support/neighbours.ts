/** Values that differ from a valid one in a single place, and should not be valid any more. */

type Path = readonly (string | number)[];

export interface Neighbour {
  readonly what: string;
  readonly value: unknown;
}

/** Every place in a JSON value, the whole included. */
function places(value: unknown, at: Path = []): readonly { at: Path; value: unknown }[] {
  if (typeof value !== 'object' || value === null) return [{ at, value }];
  const inside = Object.entries(value).flatMap(([key, item]) => places(item, [...at, key]));
  return [{ at, value }, ...inside];
}

/** A copy with another value at the place. Through JSON text, so that `__proto__` is a plain field. */
function replaced(value: unknown, at: Path, by: unknown): unknown {
  const [head, ...rest] = at;
  if (head === undefined) return by;
  const entries = Object.entries(value as object).map(([key, item]): [string, unknown] => [
    key,
    key === head ? replaced(item, rest, by) : item,
  ]);
  return Array.isArray(value) ? entries.map(([, item]) => item) : Object.fromEntries(entries);
}

function withField(value: object, field: string): unknown {
  const text = JSON.stringify(value);
  const separator = text === '{}' ? '' : ',';
  return JSON.parse(`${text.slice(0, -1)}${separator}${JSON.stringify(field)}:{"x":1}}`);
}

/** A field that nobody knows, in every object. */
export function unknownFields(value: unknown): readonly Neighbour[] {
  return places(value)
    .filter((place) => typeof place.value === 'object' && !Array.isArray(place.value))
    .flatMap(({ at, value: object }) =>
      ['surprise', '__proto__', 'constructor'].map((field) => ({
        what: `/${at.join('/')} with the field ${field}`,
        value: replaced(value, at, withField(object as object, field)),
      })),
    );
}

/** Something of another type, in every place. */
export function wrongTypes(value: unknown): readonly Neighbour[] {
  return places(value).flatMap(({ at, value: old }) => {
    const others = [null, true, 'text', -1.5, Infinity, NaN, [['x']], { x: { y: 1 } }];
    const fitting = others.filter(
      (other) =>
        typeof other !== typeof old ||
        Array.isArray(other) !== Array.isArray(old) ||
        other === null,
    );
    return fitting.map((other) => ({
      what: `/${at.join('/')} being ${JSON.stringify(other)}`,
      value: replaced(value, at, other),
    }));
  });
}

/** Far more text, or far larger numbers, than anybody needs. */
export function tooMuch(value: unknown): readonly Neighbour[] {
  return places(value).flatMap(({ at, value: old }) => {
    if (typeof old === 'string') {
      return [
        { what: `/${at.join('/')} being long`, value: replaced(value, at, 'a'.repeat(5_000)) },
      ];
    }
    if (typeof old === 'number') {
      return [1e300, -1, 0.5].map((by) => ({
        what: `/${at.join('/')} being ${by}`,
        value: replaced(value, at, by),
      }));
    }
    if (Array.isArray(old)) {
      const many = Array.from({ length: 5_000 }, () => old[0] as unknown);
      return [{ what: `/${at.join('/')} of 5000`, value: replaced(value, at, many) }];
    }
    return [];
  });
}
