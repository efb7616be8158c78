import { readFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { isLoopback, parseListen } from '../core/listen.ts';
import type { Config } from './schema.ts';

/** How a program on the same machine asks the node of a configuration. */
export interface OwnNode {
  /** Without a slash at its end. */
  readonly url: string;
  /** Undefined: none is needed, or this user may not read it. */
  readonly token: string | undefined;
  /** Trusts the node's own certificate, whatever names are in it. Undefined without TLS. */
  readonly agent: Agent | undefined;
}

export async function ownNode({ apilisten, apitoken, statepath, tlscert }: Config): Promise<OwnNode> {
  const address = apilisten.replace(/^(0\.0\.0\.0|\[::\])(?=:)/, '127.0.0.1');
  const isTls = tlscert !== '' && !isLoopback(parseListen(apilisten, 'apilisten')?.host ?? '');
  const token = apitoken || (await readFile(join(statepath, 'token'), 'utf8').catch(() => '')).trim();
  return {
    url: `${isTls ? 'https' : 'http'}://${address}`,
    token: token || undefined,
    agent: isTls ? await pinned(tlscert) : undefined,
  };
}

async function pinned(certificate: string): Promise<Agent | undefined> {
  const ca = await readFile(certificate, 'utf8').catch(() => undefined);
  return ca === undefined
    ? undefined
    : new Agent({ ca, allowPartialTrustChain: true, checkServerIdentity: () => undefined });
}
