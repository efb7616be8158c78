import { readKeyPair } from '../config/key-pair.ts';
import type { Config } from '../config/schema.ts';
import { fault, type Finding, ok, skipped, warning } from './finding.ts';

/** The certificate and its key are there, belong together, and are valid now. Throws CONFIG_INVALID, which says what is wrong. */
export async function checkCertificate(config: Config): Promise<Finding[]> {
  if (config.tlscert === '') return [skipped('no certificate is configured')];
  const findings: Finding[] = [];
  const next = `Put the new one into ${config.tlscert}; systemctl reload bftv2 reads it.`;
  const say = (finding: typeof warning) => (_: object, text: string) =>
    void findings.push(finding(`${config.tlscert}: ${text}`, next));
  await readKeyPair(config, { warn: say(warning), error: say(fault) }, Date.now());
  if (findings.length === 0) return [ok(`the certificate ${config.tlscert} is valid, and its key is there`)];
  return findings;
}
