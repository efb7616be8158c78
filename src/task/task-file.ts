import { type Static, Type } from 'typebox';
import { BftError } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import { placeOfFault, placeOfKey } from '../core/json-place.ts';
import type { Method } from '../core/method.ts';
import { briefValidator, validator } from '../core/validate.ts';

const hash = Type.String({ pattern: '^[0-9a-f]{40}$' });
const size = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
/** As many files as we read in a torrent. */
export const MAX_FILES = 200_000;
const list = Type.Array(Type.String(), { maxItems: MAX_FILES });
const optional = { text: Type.Optional(Type.String()), size: Type.Optional(size), hash: Type.Optional(hash) };

/**
 * The task file (BT rows), as it travels. Original files lack some keys and spell others differently: see the accessors below. Unknown keys
 * are kept: a receiver gives back what it got (BT-14).
 */
export const taskFileSchema = Type.Object({
  sourcetype: optional.text,
  senderid: optional.text,
  name: Type.String({ minLength: 1 }),
  type: Type.Optional(Type.Unsafe<'dir' | 'file'>({ type: 'string', enum: ['dir', 'file'] })),
  senderlocalpath: optional.text,
  basesubdir: Type.String({ minLength: 1 }),
  datasource: optional.text,
  size,
  'bt-obs-cdn': Type.String(),
  policy: optional.text,
  bt: Type.Object({
    localtorrent: optional.text,
    url: Type.String(),
    tmpurl: optional.text,
    tracker: optional.text,
    seedtime: Type.Optional(Type.Unsafe<string | number>({ type: ['string', 'number'] })),
    priortime: optional.text,
    windows: optional.text,
    infohash: optional.hash,
    tmpinfohash: optional.hash,
  }),
  obs: Type.Object({
    url: optional.text,
    priortime: optional.text,
    windows: optional.text,
    obsak: optional.text,
    obssk: optional.text,
    obsendpoint: optional.text,
    ak: optional.text,
    sk: optional.text,
    endpoint: optional.text,
    signedlist: optional.text,
    upload: optional.text,
  }),
  cdn: Type.Object({ url: optional.text, priortime: optional.text, windows: optional.text }),
  filelist: Type.Array(Type.Object({ file: Type.String(), hash, size }), { maxItems: MAX_FILES }),
  localsamefiles: Type.Optional(list),
  btlist: list,
  obslist: list,
  cdnlist: list,
  requesters: Type.Optional(Type.Array(Type.Unknown())),
  btlistsize: size,
  obslistsize: size,
  cdnlistsize: size,
  btlistsize2: optional.size,
  obslistsize2: optional.size,
  cdnlistsize2: optional.size,
  gentime: optional.text,
  sendtime: optional.text,
  receivetime: optional.text,
  finishedtime: optional.text,
  deadline: optional.text,
});

export type TaskFile = Static<typeof taskFileSchema>;
export type ListedFile = TaskFile['filelist'][number];

const check = validator(taskFileSchema);
const checkBriefly = briefValidator(taskFileSchema);
/** Of a longer text the first problem is told only. */
const EXPLAINED_CHARACTERS = 256 * 1024;

/** Reads a task file. Throws TASK_FILE_INVALID with the reason and the place; `[""]` becomes `[]` (C-41). */
export function parseTaskFile(text: string): TaskFile {
  let raw: unknown;
  try {
    raw = parseJson(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unreadable';
    throw new BftError('TASK_FILE_INVALID', `not JSON: ${why}`, { cause, place: placeOfFault(text) });
  }
  const result = (text.length > EXPLAINED_CHARACTERS ? checkBriefly : check)(raw);
  if (!('value' in result)) {
    const { problems, path } = result;
    throw new BftError('TASK_FILE_INVALID', problems.slice(0, 5).join('; '), { place: placeOfKey(text, path) });
  }
  const task = result.value;
  for (const key of ['localsamefiles', 'btlist', 'obslist', 'cdnlist'] as const) {
    if (task[key]?.length === 1 && task[key][0] === '') task[key] = [];
  }
  return task;
}

export function serializeTaskFile(task: TaskFile): string {
  return `${JSON.stringify(task, null, 2)}\n`;
}

export const LIST_KEY = { bt: 'btlist', obs: 'obslist', cdn: 'cdnlist' } as const satisfies Record<
  Method,
  keyof TaskFile
>;

/** Bytes of the files in a list. Files that the package does not have count nothing. */
export function listSize({ filelist, ...lists }: TaskFile, key: 'localsamefiles' | (typeof LIST_KEY)[Method]): number {
  const listed = new Set(lists[key]);
  return filelist.reduce((sum, { file, size }) => (listed.has(file) ? sum + size : sum), 0);
}

/** Hours that the task is served; the default when absent or unreadable (C-11: a string or a number). */
export function seedHours(task: TaskFile, fallback: string): number {
  const { seedtime = fallback } = task.bt;
  const hours = String(seedtime).trim() === '' ? Number.NaN : Number(seedtime);
  return Number.isFinite(hours) && hours >= 0 ? hours : Number(fallback);
}

export interface ObsKeys {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly endpoint: string;
}

/** The access keys that a task of an original sender carries, in either spelling (C-09). */
export function taskObsKeys({ obs }: TaskFile): ObsKeys | undefined {
  const accessKey = obs.obsak ?? obs.ak;
  const secretKey = obs.obssk ?? obs.sk;
  const endpoint = obs.obsendpoint ?? obs.endpoint;
  return accessKey && secretKey && endpoint ? { accessKey, secretKey, endpoint } : undefined;
}
