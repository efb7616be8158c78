import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import { notThere } from '../core/errors.ts';
import { fault, type Finding, ok } from './finding.ts';

/** A key of TLS may be a group's. */
const OTHERS = 0o007;
const GROUP_AND_OTHERS = 0o077;

/** Files that hold keys are their owner's only. */
export async function checkSecrets({ buckets, statepath, tlskey }: Config): Promise<Finding[]> {
  const findings: Finding[] = [];
  const secrets = [
    [buckets, GROUP_AND_OTHERS],
    [join(statepath, 'token'), GROUP_AND_OTHERS],
    [tlskey, OTHERS],
  ] as const;
  for (const [path, mask] of secrets) {
    const info = path === '' ? undefined : await stat(path).catch(notThere);
    if (info && (info.mode & mask) !== 0)
      findings.push(fault(`${path} holds a secret, and others than its owner may read it`, `Run: chmod 600 ${path}`));
  }
  return findings.length > 0 ? findings : [ok('no file with keys can be read by others')];
}
