import { readKeyPair } from '../config/key-pair.ts';
import type { Config } from '../config/schema.ts';
import { type Finding, ok, skipped, warning } from './finding.ts';

/** The certificate and its key are there, belong together, and are valid. Throws CONFIG_INVALID, which says what is wrong. */
export async function checkCertificate(config: Config): Promise<Finding[]> {
  if (config.tlscert === '') return [skipped('no certificate is configured')];
  const warned: string[] = [];
  await readKeyPair(config, { warn: (_, text) => warned.push(text) }, Date.now());
  if (warned.length === 0) return [ok(`the certificate ${config.tlscert} is valid, and its key is there`)];
  const next = `Put the new one into ${config.tlscert}; systemctl reload bftv2 reads it.`;
  return warned.map(text => warning(`${config.tlscert}: ${text}`, next));
}
