const ID = String.raw`(?:B[A-Z]|[GSRYTFPC])-\d{2,3}`;
/** One id, or a range: `BR-31 … BR-34`, `BC-17..19`. */
const QUOTE = new RegExp(String.raw`\b(${ID})\b(?:\s*(?:…|\.\.)\s*(${ID}|\d{2,3})\b)?`, 'g');

export interface Family {
  /** `BS` of `BS-11`. */
  readonly prefix: string;
  readonly title: string;
}

export interface Rows {
  readonly families: readonly Family[];
  /** What each row demands, in the order of the specification. */
  readonly words: ReadonlyMap<string, string>;
}

/** Reads `rows.txt`: `# BS: send` begins a family, `BS-11 words` is a row. Throws on a row that stands twice. */
export function parseRows(text: string): Rows {
  const families: Family[] = [];
  const words = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, heading, title = ''] = /^# (B[A-Z]|[GSRYTFPC]): (.+)$/.exec(line) ?? [];
    if (heading !== undefined) families.push({ prefix: heading, title });
    const [, id, demand = ''] = new RegExp(`^(${ID}) (.+)$`).exec(line) ?? [];
    if (id === undefined) continue;
    if (words.has(id)) throw new Error(`the row ${id} stands twice`);
    words.set(id, demand);
  }
  return { families, words };
}

export const prefixOf = (id: string): string => id.slice(0, id.indexOf('-'));

/** The ids that a text quotes, ranges expanded to the rows there are. Ends of ranges that are no rows are given back too: somebody mistyped. */
export function quotedIds(text: string, { words }: Rows): Set<string> {
  const found = new Set<string>();
  for (const [, first = '', end] of text.matchAll(QUOTE)) {
    const last = end === undefined || end.includes('-') ? (end ?? first) : `${prefixOf(first)}-${end}`;
    found.add(first).add(last);
    for (const id of words.keys()) if (isBetween(id, first, last)) found.add(id);
  }
  return found;
}

const numberOf = (id: string) => Number(id.slice(id.indexOf('-') + 1));

function isBetween(id: string, first: string, last: string): boolean {
  const isFamily = prefixOf(id) === prefixOf(first) && prefixOf(id) === prefixOf(last);
  return isFamily && numberOf(first) <= numberOf(id) && numberOf(id) <= numberOf(last);
}
