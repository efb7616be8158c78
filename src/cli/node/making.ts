import { stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { BftError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import type { ConfigPage } from '../../api/rest/shapes.ts';
import type { Call } from '../call.ts';
import { readText } from './connection.ts';
import type { NodeClient } from './node-client.ts';

/** Options that the protocol has under the same name. */
const SAME = ['policy', 'tracker', 'seedtime', 'deadline', 'datasource', 'obsurl'] as const;
const KEYS = ['ak', 'sk', 'endpoint'] as const;

/** What gentask and sends are asked with. */
export interface Making extends Partial<Record<(typeof SAME)[number] | (typeof KEYS)[number], string>> {
  readonly dcppath: string;
  readonly taskfile: string;
  readonly basesubdir: string;
}

/** Where the protocol wants package and task file (BG-06), from the package's directory on the node. Throws USAGE. */
export async function makingOf(call: Call, node: NodeClient): Promise<Making> {
  const dcppath = onNode(call.args[0] ?? '', node.isLocal);
  const parent = dirname(dcppath);
  const basesubdir = call.text('basesubdir') ?? (basename(parent) === 'dcps' ? basename(dirname(parent)) : undefined);
  if (basesubdir === undefined)
    throw new BftError('USAGE', `${dcppath} is not <basedatapath>/<basesubdir>/dcps/<name>: give --basesubdir`);
  const name = `${basesubdir}-${basename(dcppath)}.task.json`;
  const given = SAME.map(option => [option, call.text(option)] as const).filter(([, value]) => value !== undefined);
  return {
    dcppath,
    taskfile: call.text('task-file') ?? join(await senderPath(node), 'tmp', name),
    basesubdir,
    ...Object.fromEntries(given),
    ...(await keysIn(call.text('keys-file'))),
  };
}

/** Throws USAGE of a relative path that another machine could not understand. */
function onNode(path: string, isLocal: boolean): string {
  if (!isAbsolute(path) && !isLocal)
    throw new BftError('USAGE', `${path} is a path on another machine: give it in full`);
  return resolve(path);
}

async function senderPath(node: NodeClient): Promise<string> {
  if (process.env.BFT2_SENDER) return process.env.BFT2_SENDER;
  const { keys } = await node.get<ConfigPage>('/api/v1/config');
  return String(keys.find(({ key }) => key === 'senderpath')?.value);
}

/** Throws USAGE when others may read it, or it is not what it is to be. */
async function keysIn(path: string | undefined): Promise<Partial<Record<(typeof KEYS)[number], string>>> {
  if (path === undefined) return {};
  const text = await readText(path);
  if (((await stat(path)).mode & 0o077) !== 0)
    throw new BftError('USAGE', `${path} holds keys: only its owner may read it (chmod 600)`);
  try {
    const keys = parseJson(text) as Record<string, unknown>;
    return Object.fromEntries(KEYS.filter(key => keys[key] !== undefined).map(key => [key, String(keys[key])]));
  } catch (cause) {
    throw new BftError('USAGE', `${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
