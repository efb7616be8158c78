import { formatBytes } from '../../src/core/units.ts';
import type { Row } from './bench.ts';
import { median } from './statistics.ts';

const HEAD = ['of', 'what', 'median', 'min', 'max', 'ratio', 'goal', ''] as const;

function cells(row: Row): string[] {
  const { of, what, unit, samples, ratio, goal, remark } = row;
  const values =
    samples.length === 0
      ? ['–', '–', '–']
      : [median(samples), Math.min(...samples), Math.max(...samples)].map(value => format(value, unit));
  return [
    of,
    what,
    ...values,
    ratio === undefined ? '' : ratio.toFixed(2),
    goal?.text ?? '',
    [goal && (goal.isMet ? 'met' : '**missed**'), remark].filter(Boolean).join('; '),
  ];
}

function format(value: number, unit: Row['unit']): string {
  switch (unit) {
    case 's':
      return `${value.toFixed(value < 10 ? 2 : 1)} s`;
    case 'ms':
      return `${value.toFixed(1)} ms`;
    case 'MiB':
      return `${value.toFixed(0)} MiB`;
    case 'bytes':
      return formatBytes(value);
    case 'copies':
      return value.toFixed(2);
    case 'count':
      return String(value);
  }
}

/** Columns of equal width, for a terminal. */
export function plainTable(rows: readonly Row[]): string {
  const lines = [[...HEAD], ...rows.map(cells)].map(line => line.map(cell => cell.replaceAll('**', '')));
  const widths = HEAD.map((_, column) => Math.max(...lines.map(line => line[column]?.length ?? 0)));
  return lines
    .map(line =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function markdownTable(rows: readonly Row[]): string {
  const line = (texts: readonly string[]) => `| ${texts.map(text => text.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = HEAD.map((_, column) => (column >= 2 && column <= 5 ? '---:' : '---'));
  return [line(HEAD), line(rule), ...rows.map(row => line(cells(row)))].join('\n');
}
