import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import { asBftError, BftError } from '../core/errors.ts';
import { formatIsoTime } from '../core/units.ts';
import type { Config } from './schema.ts';

/** PEM. */
interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

/** Who is told of a certificate that ends soon, or is not valid now. */
type Told = Record<'warn' | 'error', (fields: object, text: string) => void>;

const OTHERS = 0o007;
const DAY_MS = 24 * 60 * 60 * 1000;
const WARN_DAYS = 30;

/**
 * Reads `tlscert` and `tlskey`; undefined without them. Throws CONFIG_INVALID, which says what is wrong. One that is not valid now is used
 * all the same: callers refuse it, but films move, also on a machine whose clock is wrong.
 */
export async function readKeyPair({ tlscert, tlskey }: Config, log: Told, now: number): Promise<KeyPair | undefined> {
  if (tlscert === '') return undefined;
  const [cert, key] = [await readPem('tlscert', tlscert), await readKey(tlskey)];
  const certificate = parse('tlscert', tlscert, () => new X509Certificate(cert));
  const privateKey = parse<KeyObject>('tlskey', tlskey, () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey))
    throw invalid(`"tlskey" ${tlskey} is not the key of "tlscert" ${tlscert}`);
  // What is chained to it, too.
  parse('tlscert', tlscert, () => createSecureContext({ cert, key }));
  checkDates(certificate, tlscert, log, now);
  return { cert, key };
}

function checkDates({ validFromDate, validToDate }: X509Certificate, tlscert: string, log: Told, now: number): void {
  const [from, to] = [validFromDate.getTime(), validToDate.getTime()];
  if (now > to) return log.error({ tlscert }, `the certificate was valid until ${formatIsoTime(to)}: renew it`);
  if (now < from)
    return log.error({ tlscert }, `the certificate is valid from ${formatIsoTime(from)} on: check the clock`);
  const days = Math.floor((to - now) / DAY_MS);
  if (days < WARN_DAYS)
    log.warn({ tlscert, until: formatIsoTime(to) }, `the certificate is valid for ${days} more days: renew it`);
}

async function readKey(path: string): Promise<string> {
  const text = await readPem('tlskey', path);
  if (((await stat(path)).mode & OTHERS) !== 0)
    throw invalid(`"tlskey" ${path} can be read by others: chmod o= ${path}`);
  return text;
}

function readPem(key: string, path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: unknown) => {
    throw asBftError(error, 'CONFIG_INVALID', `"${key}" ${path}`);
  });
}

/** What OpenSSL says of a key holds nothing of it. */
function parse<T>(key: string, path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw invalid(`"${key}" ${path} is no PEM that can be used: ${why}`, cause);
  }
}

const invalid = (why: string, cause?: unknown) => new BftError('CONFIG_INVALID', why, { cause });
