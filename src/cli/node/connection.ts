import { readFile, stat } from 'node:fs/promises';
import { BftError, asBftError, notThere } from '../../core/errors.ts';
import type { OwnNode } from '../../config/own-node.ts';
import type { Call } from '../call.ts';

const DEFAULT_URL = 'http://127.0.0.1:8191';

export interface Connection {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string | undefined;
  /** Certificates to trust, PEM. */
  readonly ca: string | undefined;
  /** Of the node of a configuration on this machine. */
  readonly agent: OwnNode['agent'];
  /** Whether paths of this machine mean something there. */
  readonly isLocal: boolean;
}

/** Where the node is and how to be let in. Throws USAGE, SOURCE_UNREADABLE and the errors of the configuration. */
export async function connectionOf({ text }: Pick<Call, 'text'>): Promise<Connection> {
  const path = text('config');
  const own = path === undefined ? undefined : await nodeOf(path);
  const url = nodeUrl(text('node') ?? (process.env.BFT2_API || own?.url || DEFAULT_URL));
  const isLocal = isLoopback(url.hostname) || url.origin === own?.url;
  const ca = text('ca');
  return {
    url: url.href.replace(/\/+$/, ''),
    token: (await givenToken(text('token-file'))) ?? (isLocal ? own?.token : undefined),
    ca: ca === undefined ? undefined : await certificatesIn(ca),
    agent: url.origin === own?.url ? own.agent : undefined,
    isLocal,
  };
}

/** Throws USAGE of what no header can carry, without showing it. */
async function givenToken(file: string | undefined): Promise<string | undefined> {
  const token = file === undefined ? process.env.BFT2_TOKEN : (await readText(file)).trim();
  if (token && !/^[\x20-\x7e]+$/.test(token))
    throw new BftError('USAGE', `${file ?? 'BFT2_TOKEN'} holds no token: that is one line of ASCII`);
  return token || undefined;
}

/** Throws USAGE, for a certificate that is not one would not be noticed. */
async function certificatesIn(file: string): Promise<string> {
  const text = await readText(file);
  if (!text.includes('-----BEGIN CERTIFICATE-----')) throw new BftError('USAGE', `${file} holds no certificate (PEM)`);
  return text;
}

function nodeUrl(text: string): URL {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash)
    throw new BftError(
      'USAGE',
      '--node wants an address such as http://127.0.0.1:8191; a token goes into --token-file',
    );
  return url;
}

async function nodeOf(path: string): Promise<OwnNode> {
  const { loadConfig } = await import('../../config/load.ts');
  const { ownNode } = await import('../../config/own-node.ts');
  return await ownNode(await loadConfig(path));
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
