import { parseArgs } from 'node:util';
import { asBftError } from '../core/errors.ts';
import { parseRatio, type Ratio } from '../task/ratio.ts';
import { parseByteSize } from './byte-size.ts';
import { UsageFailure } from './failure.ts';

const MIN_SIZE = 1024 * 1024;
const MAX_RECEIVERS = 32;

export const HELP = `Usage: npm run demo -- [options]

Moves a film package from a sender over a cacher to receivers on this machine, over BitTorrent (bt), object
storage (obs) and a CDN (cdn) at once, and compares what arrived with the source, file by file.

  --source DIR     send this folder; without it a synthetic DCP is made
  --size SIZE      size of the synthetic DCP, as 512M or 2G (default 512M, at least 1M)
  --ratio a:b:c    shares of bt, obs and cdn (default 1:1:1)
  --receivers N    number of receivers, 1 to ${MAX_RECEIVERS} (default 1)
  --dir DIR        work below DIR, which must be empty or absent (default: a new temporary directory)
  --keep           keep the data and the logs, and say where they are
  --json           one JSON object on standard output instead of the table
  --help           this text

Exit code: 0 when every receiver's package equals the source, 1 when not, 2 for a wrong command line.
`;

export interface Options {
  readonly source?: string;
  readonly dir?: string;
  /** Bytes of the synthetic package. */
  readonly size: number;
  readonly ratio: Ratio;
  readonly receivers: number;
  readonly keep: boolean;
  readonly json: boolean;
}

const FLAGS = {
  source: { type: 'string' },
  dir: { type: 'string' },
  size: { type: 'string' },
  ratio: { type: 'string', default: '1:1:1' },
  receivers: { type: 'string', default: '1' },
  keep: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Reads the command line. Throws UsageFailure with one sentence. */
export function parseOptions(args: readonly string[]): Options | 'help' {
  const flags = readFlags(args);
  if (flags.help) return 'help';
  if (flags.source !== undefined && flags.size !== undefined) {
    throw new UsageFailure('--size is the size of the synthetic package: it does not go with --source');
  }
  return {
    ...directory('source', flags.source),
    ...directory('dir', flags.dir),
    size: packageSize(flags.size ?? '512M'),
    ratio: ratioOf(flags.ratio),
    receivers: receiverCount(flags.receivers),
    keep: flags.keep,
    json: flags.json,
  };
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, strict: true, allowPositionals: false }).values;
  } catch (cause) {
    throw new UsageFailure(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function directory<K extends 'source' | 'dir'>(key: K, value: string | undefined): Partial<Record<K, string>> {
  if (value === undefined) return {};
  if (value === '' || value.includes('\0')) throw new UsageFailure(`--${key} needs the path of a directory`);
  return { [key]: value } as Record<K, string>;
}

function packageSize(text: string): number {
  const size = parseByteSize(text);
  if (size < MIN_SIZE) throw new UsageFailure(`--size ${text} is too small for a package: give at least 1M`);
  return size;
}

function ratioOf(text: string): Ratio {
  try {
    return parseRatio(text);
  } catch (cause) {
    throw new UsageFailure(`--ratio: ${asBftError(cause, 'RATIO_INVALID', text).message}`, { cause });
  }
}

function receiverCount(text: string): number {
  const count = Number(text);
  if (!/^\d{1,3}$/.test(text) || count < 1 || count > MAX_RECEIVERS) {
    throw new UsageFailure(`--receivers ${text}: give a whole number from 1 to ${MAX_RECEIVERS}`);
  }
  return count;
}
