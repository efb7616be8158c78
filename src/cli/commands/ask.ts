import { text } from 'node:stream/consumers';
import { BftError } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import type { Call } from '../call.ts';
import { atNode } from '../node/at-node.ts';
import { readText } from '../node/connection.ts';
import { protocol } from '../node/protocol.ts';
import { jsonText } from '../output/shown.ts';

/** Any method of the protocol. Keys and other secrets come through --params: the list of processes is open to everybody. */
export async function ask(call: Call): Promise<number> {
  const [method = '', ...pairs] = call.args;
  const params = { ...(await paramsIn(call.text('params'))), ...Object.fromEntries(pairs.map(pair)) };
  return await protocol(call, await atNode(call), method, params, content => jsonText(content, 2));
}

function pair(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new BftError('USAGE', `${text} is not KEY=VALUE`);
  return [text.slice(0, at), text.slice(at + 1)];
}

async function paramsIn(path: string | undefined): Promise<object> {
  if (path === undefined) return {};
  const content = path === '-' ? await text(process.stdin) : await readText(path);
  try {
    const params = parseJson(content);
    if (typeof params === 'object' && params !== null && !Array.isArray(params)) return params;
  } catch (cause) {
    throw new BftError('USAGE', `--params ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
  throw new BftError('USAGE', `--params ${path}: not a JSON object`);
}
