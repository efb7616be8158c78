import { chmod, copyFile, readFile } from 'node:fs/promises';

const at = (name: string) => new URL(name, import.meta.url);

/** Copies of a pair, with the modes that the daemon wants. */
export async function certify(pair: 'first' | 'second', tlscert: string, tlskey: string): Promise<void> {
  await copyFile(at(`${pair}.cert.pem`), tlscert);
  await copyFile(at(`${pair}.key.pem`), tlskey);
  await chmod(tlskey, 0o600);
}

/** To trust it by. */
export const certificate = (pair: 'first' | 'second') => readFile(at(`${pair}.cert.pem`), 'utf8');
