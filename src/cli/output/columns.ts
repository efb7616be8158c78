/** Columns as wide as what they hold; the last one, which has the names, is not padded: wide characters cannot break it. */
export function columns(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        if (column === head.length - 1) return cell;
        const width = widths[column] ?? 0;
        return right.includes(column) ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ');
  return [head, ...rows].map(row => line(row).trimEnd()).join('\n');
}
