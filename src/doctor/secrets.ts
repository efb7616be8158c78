import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { notThere } from '../core/errors.ts';
import { fault, type Finding, ok } from './finding.ts';

const OTHERS_MAY_READ = 0o077;

/** Files that hold keys are their owner's only. */
export async function checkSecrets({ buckets, statepath }: Config): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const path of [buckets, join(statepath, 'token')]) {
    const info = await stat(path).catch(notThere);
    if (info && (info.mode & OTHERS_MAY_READ) !== 0)
      findings.push(fault(`${path} holds a secret, and others than its owner may read it`, `Run: chmod 600 ${path}`));
  }
  return findings.length > 0 ? findings : [ok('no file with keys can be read by others')];
}
