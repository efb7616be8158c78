import { randomBytes } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asBftError, BftError, notThere } from '../core/errors.ts';
import type { Logger } from '../core/log.ts';
import { makeDirectory, writeAfresh } from '../disk/durable.ts';

const BYTES = 32;
const SECRET = /^[A-Za-z0-9_-]{43}\n?$/;
const OTHERS = 0o077;

/** The token of this node in its state directory, made when there is none. Never logged; the log says where it is. Throws TOKEN_FILE. */
export const ownToken = (statePath: string, log: Logger): Promise<string> =>
  ownSecret(statePath, 'token', path => {
    log.info({ file: path }, 'a token was made: callers from other machines need it');
  });

/** What makes the sessions of this node: a cookie says nothing of an `apitoken` that could be guessed. Throws TOKEN_FILE. */
export const ownSessionKey = (statePath: string): Promise<string> => ownSecret(statePath, 'session-key');

async function ownSecret(statePath: string, name: string, made?: (path: string) => void): Promise<string> {
  const path = join(statePath, name);
  const known = await readSecret(path);
  if (known !== undefined) return known;
  const secret = randomBytes(BYTES).toString('base64url');
  await makeDirectory(statePath);
  await writeAfresh(path, `${secret}\n`, 0o600);
  made?.(path);
  return secret;
}

async function readSecret(path: string): Promise<string | undefined> {
  const info = await lstat(path).catch(notThere);
  if (!info) return undefined;
  if (!info.isFile()) throw new BftError('TOKEN_FILE', `${path} is no regular file`);
  if ((info.mode & OTHERS) !== 0) throw new BftError('TOKEN_FILE', `${path} can be read by others: chmod 600 ${path}`);
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw asBftError(error, 'TOKEN_FILE', path);
  });
  if (!SECRET.test(text)) throw new BftError('TOKEN_FILE', `${path} holds no token of this daemon`);
  return text.trim();
}
