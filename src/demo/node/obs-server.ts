import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Type } from 'typebox';
import { parseJson } from '../../core/json.ts';
import { validator } from '../../core/validate.ts';
import type { Fleet } from '../process/fleet.ts';
import { poll } from '../waiting.ts';
import { BASESUBDIR, type Bucket } from './config.ts';

const MODULE = fileURLToPath(new URL('../../devserver/main.ts', import.meta.url));
const START_MS = 30_000;

const checkGreeting = validator(Type.Object({ listening: Type.String() }));

/** Starts the object storage server below `directory`; the bucket has fresh keys. */
export async function startObsServer(fleet: Fleet, directory: string, signal: AbortSignal): Promise<Bucket> {
  const accessKey = randomBytes(10).toString('hex').toUpperCase();
  const secretKey = randomBytes(20).toString('hex');
  const name = BASESUBDIR;
  const logFile = `${directory}/server.log`;
  const data = ['--root', `${directory}/objects`, '--bucket', name];
  const access = ['--listen', '127.0.0.1:0', '--key', `${accessKey}:${secretKey}`];
  fleet.start({ name: 'the object storage server', module: MODULE, args: [...data, ...access], logFile });
  const endpoint = await poll('starting the object storage server', () => greeting(logFile), signal, START_MS);
  return { name, accessKey, secretKey, endpoint };
}

/** The address in the line that the server prints once it listens. */
async function greeting(logFile: string): Promise<string | undefined> {
  const lines = (await readFile(logFile, 'utf8')).split('\n').slice(0, -1);
  const line = lines.find(text => text.startsWith('{"listening"'));
  if (line === undefined) return undefined;
  const result = checkGreeting(parseJson(line));
  return 'value' in result ? result.value.listening : undefined;
}
