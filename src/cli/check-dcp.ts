import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { BftError } from '../core/errors.ts';
import { checkDcp, type DcpReport } from '../dcp/check-dcp.ts';
import type { HashOf } from '../dcp/check-contents.ts';
import { reportText } from '../dcp/report-text.ts';
import { HASH_BLOCK, hashFile } from '../torrent/hash-file.ts';
import { HashPool } from '../torrent/hash-pool.ts';
import { ProgressLine } from './check-progress.ts';
import { tellFailure } from './failure.ts';
import { jsonText } from './output/shown.ts';

const FLAGS = {
  json: { type: 'boolean', default: false },
  'no-hash': { type: 'boolean', default: false },
} as const;

/** A package that needs its OV is all that it is to be. */
const EXIT: Readonly<Record<DcpReport['verdict'], number>> = { valid: 0, incomplete: 0, unsupported: 7, broken: 7 };

/**
 * `check DIR [--json] [--no-hash]`: checks a DCP; the report goes to standard output, how far it is to standard error. Gives the exit code: 0 valid,
 * 7 it is not, or it has what is not checked here, 3 there is no DCP. Throws USAGE, SOURCE_MISSING, SOURCE_REFUSED.
 */
export async function checkDcpCommand(args: readonly string[]): Promise<number> {
  const { directory, json, isHashed } = optionsOf(args);
  const ending = new AbortController();
  const end = () => ending.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  try {
    const report = await checked(directory, isHashed, ending.signal);
    if (!report) {
      const error = new BftError('SOURCE_MISSING', `${directory} has no ASSETMAP.xml and no ASSETMAP: it is no DCP`);
      return tellFailure(error, { usage: '', json });
    }
    process.stdout.write(json ? `${jsonText(report, 2)}\n` : reportText(report));
    return EXIT[report.verdict];
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, end);
  }
}

function optionsOf(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: FLAGS });
    const [directory = '', ...more] = positionals;
    if (directory === '' || more.length > 0) throw new Error('it wants one directory');
    return { directory, json: values.json, isHashed: !values['no-hash'] };
  } catch (cause) {
    throw new BftError('USAGE', `check: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

async function checked(directory: string, isHashed: boolean, signal: AbortSignal): Promise<DcpReport | undefined> {
  const line = new ProgressLine(process.stderr);
  const pool = isHashed ? new HashPool(1) : undefined;
  const hashOf: HashOf = (file, stop, onBytes) => {
    const onBlock = () => Promise.resolve(onBytes(HASH_BLOCK));
    return pool ? hashFile(pool, join(directory, file.path), stop, onBlock, file) : Promise.resolve(undefined);
  };
  try {
    return await checkDcp(directory, { hashOf, signal, onProgress: line.show });
  } finally {
    line.end();
    await pool?.close();
  }
}
