import { parseArgs } from 'node:util';
import { BftError } from '../core/errors.ts';
import type { ObsServerOptions } from './server.ts';

export const USAGE = `Usage: node src/devserver/main.ts --root DIR --key ACCESSKEY:SECRETKEY [--key ...]
         [--bucket NAME ...] [--listen 127.0.0.1:0] [--domain obs.localhost]

An object server that speaks the OBS protocol, for the demo and for tests. Prints {"listening":"http://..."} when it is ready.
`;

function usageError(message: string, cause?: unknown): BftError {
  return new BftError('USAGE', message, { cause });
}

function parseListen(text: string): { host: string; port: number } {
  const [, host, port] = /^(\[[\da-fA-F:.]+\]|[^:\s]+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) throw usageError(`--listen ${text}: it must be HOST:PORT`);
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
}

function parseKey(text: string): [accessKey: string, secretKey: string] {
  const [, accessKey, secretKey] = /^([^:\s]+):(\S+)$/.exec(text) ?? [];
  if (accessKey === undefined || secretKey === undefined) {
    throw usageError('--key: it must be ACCESSKEY:SECRETKEY, neither of them empty');
  }
  return [accessKey, secretKey];
}

function parseValues(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        root: { type: 'string' },
        listen: { type: 'string', default: '127.0.0.1:0' },
        key: { type: 'string', multiple: true, default: [] },
        bucket: { type: 'string', multiple: true, default: [] },
        domain: { type: 'string', default: 'obs.localhost' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw usageError(error instanceof Error ? error.message : String(error), error);
  }
}

/** The server's options, or 'help'. Throws a BftError USAGE. */
export function parseCommandLine(args: readonly string[]): ObsServerOptions | 'help' {
  const { root, listen, key, bucket, domain, help } = parseValues(args);
  if (help) return 'help';
  if (root === undefined || root === '') throw usageError('--root DIR is missing');
  if (key.length === 0) throw usageError('--key ACCESSKEY:SECRETKEY is missing');
  return { root, ...parseListen(listen), keys: Object.fromEntries(key.map(parseKey)), buckets: bucket, domain };
}
