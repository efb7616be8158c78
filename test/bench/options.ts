import { parseArgs } from 'node:util';
import { parseByteSize } from '../../src/demo/byte-size.ts';
import { UsageFailure } from '../../src/demo/failure.ts';
import { SHAPES, type Shape } from './shapes.ts';

export const HELP = `Usage: npm run bench [-- [options] [NAME ...]]

Measures this software against other programs on this machine, in turns, and prints one table. Without names all of the short ones run.

  --rounds N       turns of each (default 5)
  --size SIZE      bytes of the package, as 512M or 2G (default: as the bench says)
  --shape A,B      of ${SHAPES.join(', ')} (default: as the bench says)
  --files N        files of the shape many (default 20000)
  --count N        kills, or wrong bytes (default: as the bench says)
  --minutes N      how long p10-sparse transfers (default 10)
  --dir DIR        work below DIR (default: the system's temporary directory)
  --json FILE      write all samples to FILE
  --markdown       print the table as Markdown, ready for docs/PERFORMANCE.md
  --write          put the tables into docs/PERFORMANCE.md, in place of those of the same benches
  --list           say which benches there are
`;

export interface Options {
  readonly names: readonly string[];
  readonly rounds: number;
  /** Bytes; undefined: as the bench says. */
  readonly size: number | undefined;
  readonly shapes: readonly Shape[] | undefined;
  readonly files: number;
  readonly count: number | undefined;
  readonly minutes: number;
  readonly dir: string | undefined;
  readonly json: string | undefined;
  readonly markdown: boolean;
  readonly write: boolean;
  readonly list: boolean;
}

const FLAGS = {
  rounds: { type: 'string', default: '5' },
  size: { type: 'string' },
  shape: { type: 'string' },
  files: { type: 'string', default: '20000' },
  count: { type: 'string' },
  minutes: { type: 'string', default: '10' },
  dir: { type: 'string' },
  json: { type: 'string' },
  markdown: { type: 'boolean', default: false },
  write: { type: 'boolean', default: false },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Reads the command line. Throws UsageFailure. */
export function parseOptions(args: readonly string[]): Options | 'help' {
  const { values, positionals } = parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  if (values.help) return 'help';
  const { size, shape, dir, json, markdown, write, list } = values;
  return {
    names: positionals,
    rounds: positive('rounds', values.rounds),
    size: size === undefined ? undefined : parseByteSize(size),
    shapes: shape?.split(',').map(shapeOf),
    files: positive('files', values.files),
    count: values.count === undefined ? undefined : positive('count', values.count),
    minutes: positive('minutes', values.minutes),
    dir,
    json,
    markdown,
    write,
    list,
  };
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new UsageFailure(`--${name} ${text}: give a number above 0`);
  return value;
}

function shapeOf(text: string): Shape {
  const shape = SHAPES.find(name => name === text);
  if (shape === undefined) throw new UsageFailure(`--shape ${text}: there are ${SHAPES.join(', ')}`);
  return shape;
}
