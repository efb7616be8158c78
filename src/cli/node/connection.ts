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
  const tokenFile = text('token-file');
  const ca = text('ca');
  return {
    url: url.href.replace(/\/+$/, ''),
    token:
      tokenFile === undefined
        ? process.env.BFT2_TOKEN || (isLocal ? own?.token : undefined)
        : (await readText(tokenFile)).trim(),
    ca: ca === undefined ? undefined : await readText(ca),
    agent: url.origin === own?.url ? own.agent : undefined,
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
