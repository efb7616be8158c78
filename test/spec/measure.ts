import { quotedIds, type Rows } from './rows.ts';

export interface TestFile {
  readonly path: string;
  readonly text: string;
}

export interface Coverage {
  /** Test files that quote a row, by id. */
  readonly quotedBy: ReadonlyMap<string, readonly string[]>;
  /** Why a row has no test yet, by id. */
  readonly reasons: ReadonlyMap<string, string>;
  /** Rows with neither. */
  readonly missing: readonly string[];
  /** What is wrong with the two lists and the quotes, one sentence each. */
  readonly faults: readonly string[];
}

/** Holds the rows against the tests that quote them. `notYet` has lines `<ids>: <reason>`. */
export function measure(rows: Rows, notYet: string, files: readonly TestFile[]): Coverage {
  const quotes = files.filter(isTest).map(({ path, text }) => ({ path, ids: quotedIds(text, rows) }));
  const quotedBy = new Map<string, string[]>();
  for (const { path, ids } of quotes) for (const id of ids) quotedBy.set(id, [...(quotedBy.get(id) ?? []), path]);
  const { reasons, faults } = parseReasons(notYet, rows);
  const stale = [...reasons.keys()].filter(id => quotedBy.has(id));
  return {
    quotedBy,
    reasons,
    missing: [...rows.words.keys()].filter(id => !quotedBy.has(id) && !reasons.has(id)),
    faults: [
      ...faults,
      ...stale.map(id => `${id} has a reason for having no test, and a test: ${quotedBy.get(id)?.join(', ')}`),
      ...[...quotedBy]
        .filter(([id]) => !rows.words.has(id))
        .map(([id, paths]) => `${id} is no row: ${paths.join(', ')}`),
    ],
  };
}

/** A harness may speak of rows, but it checks nothing. */
function isTest({ path, text }: TestFile): boolean {
  return path.endsWith('.frank') || /\bit\(/.test(text);
}

function parseReasons(text: string, rows: Rows): { reasons: Map<string, string>; faults: string[] } {
  const reasons = new Map<string, string>();
  const faults: string[] = [];
  for (const line of text.split('\n').filter(line => line !== '' && !line.startsWith('#'))) {
    const [, ids = '', reason] = /^([^:]+): (.+)$/.exec(line) ?? [];
    const found = quotedIds(ids, rows);
    if (reason === undefined || found.size === 0) faults.push(`a reason without ids, or ids without a reason: ${line}`);
    for (const id of found) {
      if (!rows.words.has(id)) faults.push(`a reason is given for ${id}, which is no row`);
      else if (reasons.has(id)) faults.push(`two reasons are given for ${id}`);
      reasons.set(id, reason ?? '');
    }
  }
  return { reasons, faults };
}
