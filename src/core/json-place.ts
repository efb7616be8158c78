import { type JSONVisitor, visit } from 'jsonc-parser';
import type { Place } from './errors.ts';
import { checkShape } from './json.ts';

/** Longer texts are not searched: that would block the event loop. */
const SEARCHED_CHARACTERS = 4 * 1024 * 1024;

/** Where a text stops being JSON; undefined where that cannot be said. */
export function placeOfFault(text: string): Place | undefined {
  let first: Place | undefined;
  search(text, { onError: (_error, _offset, _length, line, column) => (first ??= from1(line, column)) });
  return first;
}

/** Where in a JSON text a value stands, by the keys and indices that lead to it; of one that is not there what holds it. */
export function placeOfKey(text: string, path: readonly string[]): Place | undefined {
  if (path.length === 0) return undefined;
  let nearest: Place = {};
  let depth = 0;
  search(text, {
    onObjectProperty: (key, _offset, _length, line, column, above) => {
      if (!path.includes(key)) return;
      const keys = [...above(), key];
      if (keys.length <= depth || keys.some((other, index) => String(other) !== path[index])) return;
      depth = keys.length;
      nearest = from1(line, column);
    },
  });
  return { field: path.join('.'), ...nearest };
}

const from1 = (line: number, column: number): Place => ({ line: line + 1, column: column + 1 });

function search(text: string, visitor: JSONVisitor): void {
  if (text.length > SEARCHED_CHARACTERS) return;
  try {
    // It goes into what is nested, without end.
    checkShape(text);
  } catch {
    return;
  }
  visit(text, visitor, { disallowComments: true });
}
