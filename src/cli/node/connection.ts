import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BftError, asBftError, notThere } from '../../core/errors.ts';
import type { Call } from '../call.ts';

const DEFAULT_URL = 'http://127.0.0.1:8191';

export interface Connection {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string | undefined;
  /** Certificates to trust, PEM. */
  readonly ca: string | undefined;
  /** Whether paths of this machine mean something there. */
  readonly isLocal: boolean;
}

/** Where the node is and how to be let in. Throws USAGE, SOURCE_UNREADABLE and the errors of the configuration. */
export async function connectionOf({ text }: Pick<Call, 'text'>): Promise<Connection> {
  const path = text('config');
  const own = path === undefined ? undefined : await ownNode(path);
  const url = nodeUrl(text('node') ?? (process.env.BFT2_API || own?.url || DEFAULT_URL));
  const isLocal = isLoopback(url.hostname) || url.origin === own?.url;
  const tokenFile = text('token-file');
  const ca = text('ca');
  return {
    url: url.href.replace(/\/+$/, ''),
    token:
      tokenFile === undefined
        ? process.env.BFT2_TOKEN || (isLocal ? own?.token : undefined)
        : (await readText(tokenFile)).trim(),
    ca: ca === undefined ? undefined : await readText(ca),
    isLocal,
  };
}

function nodeUrl(text: string): URL {
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `http://${text}`);
  if (!url || url.username || url.password || url.search || url.hash)
    throw new BftError(
      'USAGE',
      '--node wants an address such as http://127.0.0.1:8191; a token goes into --token-file',
    );
  return url;
}

/** Address and token of the node of a configuration; the token only if this user may read it. */
async function ownNode(path: string): Promise<{ url: string; token: string | undefined }> {
  const { loadConfig } = await import('../../config/load.ts');
  const { apilisten, apitoken, statepath, ...more } = await loadConfig(path);
  const address = apilisten.replace(/^(0\.0\.0\.0|\[::\])/, '127.0.0.1');
  const isTls = 'tlscert' in more && more.tlscert !== '' && !isLoopback(apilisten);
  const token = apitoken || (await readFile(join(statepath, 'token'), 'utf8').catch(() => '')).trim();
  return { url: `${isTls ? 'https' : 'http'}://${address}`, token: token || undefined };
}

const isLoopback = (host: string): boolean => /^(127\.0\.0\.1|\[::1\]|localhost)(:|$)/.test(host);

/** Throws SOURCE_MISSING, SOURCE_UNREADABLE. */
export async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = (await stat(path)
      .catch(notThere)
      .catch(() => true))
      ? 'SOURCE_UNREADABLE'
      : 'SOURCE_MISSING';
    throw asBftError(error, code, `reading ${path}`);
  }
}
