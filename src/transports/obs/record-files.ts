import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { notThere } from '../../core/errors.ts';
import { parseJson } from '../../core/json.ts';
import type { Validation } from '../../core/validate.ts';

/** What a record of an upload is about. */
export interface ObjectPlace {
  readonly bucket: string;
  readonly key: string;
}

/** Keys may be longer than names of files. */
export function recordPath(directory: string, { bucket, key }: ObjectPlace, suffix: string): string {
  return join(directory, `${createHash('sha1').update(`${bucket}/${key}`).digest('hex')}${suffix}`);
}

/** The text of a record; undefined when there is none. */
export async function readRecord(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch(notThere);
}

/** Where the records of this kind lie. */
export async function recordPaths(directory: string, suffix: string): Promise<string[]> {
  const names = (await readdir(directory).catch(notThere)) ?? [];
  return names.filter(name => name.endsWith(suffix)).map(name => join(directory, name));
}

/** A line of a record; undefined for what is torn or damaged. */
export function parseLine<T>(check: (value: unknown) => Validation<T>, line: string): T | undefined {
  try {
    const result = check(parseJson(line));
    return 'value' in result ? result.value : undefined;
  } catch {
    return undefined;
  }
}
