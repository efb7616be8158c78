import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, SECRET_KEYS } from '../config/schema.ts';
import { notThere } from '../core/errors.ts';
import { fault, type Finding, ok } from './finding.ts';

const OTHERS = 0o007;
const GROUP_AND_OTHERS = 0o077;

/** Files that hold keys are their owner's only; the configuration and a key of TLS may be a group's, too. */
export async function checkSecrets(config: Config, configPath: string): Promise<Finding[]> {
  const { buckets, statepath, tlskey } = config;
  const findings: Finding[] = [];
  const secrets = [
    [buckets, GROUP_AND_OTHERS, 'chmod 600'],
    [join(statepath, 'token'), GROUP_AND_OTHERS, 'chmod 600'],
    [join(statepath, 'session-key'), GROUP_AND_OTHERS, 'chmod 600'],
    [tlskey, OTHERS, 'chmod o='],
    [SECRET_KEYS.some(key => config[key] !== '') ? configPath : '', OTHERS, 'chmod o='],
  ] as const;
  for (const [path, mask, cure] of secrets) {
    const info = path === '' ? undefined : await stat(path).catch(notThere);
    if (info && (info.mode & mask) !== 0)
      findings.push(fault(`${path} holds a secret, and others than its owner may read it`, `Run: ${cure} ${path}`));
  }
  return findings.length > 0 ? findings : [ok('no file with keys can be read by others')];
}
