const BYTE_ORDER_MARK = '\uFEFF';

/** CSV as RFC 4180 has it, with a head. Spreadsheets take it for UTF-8 by the mark at its beginning. */
export async function* csvLines<K extends string>(
  columns: readonly K[],
  rows: AsyncIterable<Readonly<Record<K, string | number | null>>>,
): AsyncGenerator<string> {
  yield `${BYTE_ORDER_MARK}${columns.join(',')}\r\n`;
  for await (const row of rows) yield `${columns.map(column => cell(row[column])).join(',')}\r\n`;
}

function cell(value: string | number | null): string {
  if (typeof value !== 'string') return value === null ? '' : String(value);
  const text = noFormula(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A spreadsheet would run what begins like a formula (CWE-1236). */
const noFormula = (text: string) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
