import type { Client } from './client.ts';
import { ForeignProcess } from './foreign-process.ts';

type Direction = 'fetches' | 'seeds';

interface Row {
  readonly version: string;
  readonly fetches: string[];
  readonly seeds: string[];
}

const rows = new Map<string, Row>();

const VERSION = /[a-z]*\d+(\.\w+)+/;

/** Begins a row with the version that a program tells: the first word of its output that looks like one. */
export async function measureVersion({ name, version }: Pick<Client, 'name' | 'version'>): Promise<void> {
  const asked = new ForeignProcess(version);
  await asked.says(VERSION);
  if (!rows.has(name)) rows.set(name, { version: VERSION.exec(asked.output)?.[0] ?? '', fetches: [], seeds: [] });
}

export function passed({ name }: Pick<Client, 'name'>, direction: Direction, how: string): void {
  rows.get(name)?.[direction].push(how);
}

/** What was tried, as docs/COMPATIBILITY.md has it. */
function table(): string {
  const lines = [...rows].map(
    ([name, { version, fetches, seeds }]) =>
      `| ${name} | ${version} | ${fetches.join(', ') || '–'} | ${seeds.join(', ') || '–'} |`,
  );
  return ['| program | version | takes from us | gives to us |', '|---|---|---|---|', ...lines].join('\n');
}

after(() => console.log(`\n${table()}\n`));
