import { Type } from 'typebox';
import { BftError } from '../core/errors.ts';
import { parseDeadline } from '../task/deadline.ts';

/** A boolean as callers send it: "true", "false", or a real one (BE-04). */
export type Flag = boolean | 'true' | 'false';

export const flag = (description: string, fallback: boolean) =>
  Type.Unsafe<Flag>({ enum: [true, false, 'true', 'false'], default: fallback, description });

export const isTrue = (value: Flag): boolean => value === true || value === 'true';

export const text = (description: string) => Type.String({ description });

/** Absent or empty: the configuration's value. */
export const optionalText = (description: string, pattern?: string) =>
  Type.Optional(Type.String({ description, ...(pattern === undefined ? {} : { pattern }) }));

export const datasource = (description: string) =>
  Type.Optional(Type.Unsafe<string>({ enum: ['local', 'obs'], description }));

/** The bare name of a task file. */
export const taskName = text('name of the task file, without its path: `<basesubdir>-<name>.task.json`');

/** A whole number of hours, however it came (C-11). */
export const hours = (value: string | number | undefined) => (value === undefined ? undefined : String(value));

/** A deadline with its seconds. Throws PARAMETER_INVALID for what is no time, and for one that no task made now could meet. */
export function deadlineFrom(now: number, given: string | undefined): { deadline?: string } {
  if (given === undefined) return {};
  const { text, at } = parseDeadline(given);
  if (at <= now) throw new BftError('PARAMETER_INVALID', `"deadline" ${text} is in the past`);
  return { deadline: text };
}

/** What gentask and sends have in common (BG-01, BZ-01). */
export const packageParams = {
  dcppath: text('the package: `<basedatapath>/<basesubdir>/dcps/<name>`, without a trailing /'),
  btobscdn: text('ratio bt:obs:cdn in whole numbers, such as `1:1:1`'),
  policy: Type.Unsafe<string>({
    enum: ['fulltime', 'priortime'],
    description: 'at any time, or every method in its own off-peak window',
  }),
  tracker: optionalText('announce URL that goes into the torrents', '^(https?|udp)://[^\\s/]\\S*$'),
  seedtime: Type.Optional(
    Type.Unsafe<string | number>({
      type: ['string', 'integer'],
      pattern: '^\\d{1,6}$',
      minimum: 0,
      maximum: 999_999,
      description: 'hours that the task is served, a whole number',
    }),
  ),
  datasource: datasource('`local`, or `obs` when the package lies in the bucket'),
  obsurl: optionalText(
    'where the package lies in the bucket: `obs://<bucket>/dcps/<name>`',
    '^obs://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.*[^/]$',
  ),
  ak: optionalText('access key of the bucket'),
  sk: optionalText('secret key of the bucket'),
  endpoint: optionalText('endpoint of the bucket'),
  deadline: optionalText(
    'when the package is to be complete at the receivers, their local time: `YYYY-MM-DD HH:MM` or `YYYY-MM-DD HH:MM:SS`, not in the past',
  ),
};

/** The task file that gentask and sends write; without it there is a text of its own (BG-11). */
export const newTaskPath = Type.String({
  description:
    'absolute path of the task file, which is replaced: `<senderpath>/tmp/<basesubdir>-<name>.task.json`, or outside of the directories of the daemon',
  'x-missing': 'error, please provide taskfile path.',
});
