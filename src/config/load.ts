import { readFile } from 'node:fs/promises';
import { normalize } from 'node:path';
import { asBftError, BftError, notThere } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import { placeOfFault } from '../core/json-place.ts';
import { isLoopback, parseListen } from '../core/listen.ts';
import { METHODS } from '../core/method.ts';
import { validator } from '../core/validate.ts';
import { Timetable } from '../task/timetable.ts';
import { TimetableError } from '../task/timetable-text.ts';
import { ADDRESS_KEYS, type Config, configSchema, PATH_KEYS, SECRET_KEYS } from './schema.ts';

const check = validator(configSchema);

/** Reads a configuration. Throws CONFIG_MISSING, or CONFIG_INVALID with line, key and reason. The result is frozen. */
export async function loadConfig(path: string): Promise<Config> {
  const text = await readFile(path, 'utf8')
    .catch(notThere)
    .catch((error: unknown) => {
      throw asBftError(error, 'CONFIG_INVALID', path);
    });
  if (text === undefined) throw new BftError('CONFIG_MISSING', `there is no configuration at ${path}`);
  return parseConfig(text, path);
}

/** Checks and completes the text of a configuration; `path` names it in errors. Throws CONFIG_INVALID. */
export function parseConfig(text: string, path: string): Config {
  const result = check(parseText(text, path));
  if (!('value' in result)) throw new BftError('CONFIG_INVALID', `${path}: ${result.problems.slice(0, 5).join('; ')}`);
  const config = { ...result.value, consolelisten: result.value.consolelisten ?? result.value.ctcs };
  checkRole(config, path);
  checkWindows(config, path);
  checkListeners(config, path);
  return Object.freeze({ ...config, ...plainPaths(config) });
}

/** The configuration as it may be shown: secrets masked, also those in addresses. */
export function redact(config: Config): Record<string, unknown> {
  const shown: Record<string, unknown> = { ...config };
  for (const key of SECRET_KEYS) if (shown[key] !== '') shown[key] = '***';
  for (const key of ADDRESS_KEYS) shown[key] = shownAddress(config[key]);
  // Trackers know their users by a part of the path: http://tracker/<passkey>/announce.
  shown.tracker = String(shown.tracker).replace(/^(\w+:\/\/[^/]*\/).+(\/[^/]+)$/, '$1***$2');
  return shown;
}

/** User, password and query masked. */
const shownAddress = (text: string) => text.replace(/^((?:\w+:\/\/)?)[^/?#]*@/, '$1***@').replace(/\?.*$/s, '?***');

/** The paths without `//`, `.` and `..`: every part compares them, and some write them down. */
function plainPaths(config: Config): Partial<Config> {
  return Object.fromEntries(PATH_KEYS.map(key => [key, normalize(String(config[key]))]));
}

function parseText(text: string, path: string): Record<string, unknown> {
  let raw: unknown;
  try {
    raw = parseJson(text);
  } catch (cause) {
    throw new BftError('CONFIG_INVALID', `${path}: ${where(text, cause)}`, { cause });
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    throw new BftError('CONFIG_INVALID', `${path}: not a JSON object`);
  const { prior, ...config } = raw as Record<string, unknown>;
  // Two names for one key in the original (C-10).
  return prior === undefined ? config : { priorpolicy: prior, ...config };
}

/** People want a line. */
function where(text: string, cause: unknown): string {
  const why = cause instanceof Error ? cause.message : String(cause);
  const place = placeOfFault(text);
  return place ? `line ${place.line}: ${why}` : why;
}

function checkWindows(config: Config, path: string): void {
  for (const key of METHODS.map(method => `${method}windows` as const)) {
    try {
      if (config[key] !== '') Timetable.parse(config[key]);
    } catch (cause) {
      if (!(cause instanceof TimetableError)) throw cause;
      throw new BftError('CONFIG_INVALID', `${path}: "${key}": ${cause.message}`, { cause });
    }
  }
}

/** What one key demands of another. */
function checkRole(config: Config, path: string): void {
  const refuse = (why: string): never => {
    throw new BftError('CONFIG_INVALID', `${path}: ${why}`);
  };
  if (config.servertype === 'sender') {
    if (config.senderdomain === '') refuse('"senderdomain" is needed by a sender: receivers fetch torrents from it');
    if (config.cdnurl === '') refuse('"cdnurl" is needed by a sender');
  }
  const { minpiecelength, maxpiecelength } = config;
  if (minpiecelength > maxpiecelength)
    refuse(`"minpiecelength" ${minpiecelength} must not be above "maxpiecelength" ${maxpiecelength}`);
  for (const key of ['originlisten', 'trackerlisten'] as const) {
    parseListen(config[key], key);
    if (config[key] !== '' && config.servertype !== 'sender') refuse(`"${key}" is for senders only`);
  }
}

/** Beyond loopback nothing is said in the open unless somebody says so (faults.md, hostile input 3). */
function checkListeners(config: Config, path: string): void {
  const refuse = (why: string): never => {
    throw new BftError('CONFIG_INVALID', `${path}: ${why}`);
  };
  if (!parseListen(config.apilisten, 'apilisten')) refuse('"apilisten" must not be empty');
  const { tlscert, tlskey, plainhttp } = config;
  if ((tlscert === '') !== (tlskey === '')) refuse('"tlscert" and "tlskey" are needed together');
  for (const key of ['apilisten', 'consolelisten'] as const) {
    const address = parseListen(config[key], key);
    if (!address || isLoopback(address.host) || tlscert !== '' || plainhttp) continue;
    refuse(
      `"${key}" ${config[key]} can be reached by others: give a certificate ("tlscert", "tlskey"), or set "plainhttp" true if something else protects the line, such as a VPN or a reverse proxy`,
    );
  }
}
