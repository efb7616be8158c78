import { readFile } from 'node:fs/promises';
import { BftError, type ErrorCode, notThere } from '../core/errors.ts';
import { parseJson } from '../core/json.ts';
import type { Validation } from '../core/validate.ts';

/** Reads a record of our own, undefined if there is none. A disk or a hand may have damaged it: then throws `code`, which never quotes from it. */
export async function readRecord<T>(
  path: string,
  check: (value: unknown) => Validation<T>,
  code: ErrorCode,
): Promise<T | undefined> {
  try {
    const text = await readFile(path, 'utf8').catch(notThere);
    if (text === undefined) return undefined;
    const result = check(parseJson(text));
    if (result.problems.length === 0) return (result as { value: T }).value;
    throw new Error(result.problems.slice(0, 5).join('; '));
  } catch (cause) {
    throw new BftError(code, `${path} cannot be read: ${cause instanceof Error ? cause.message : ''}`, { cause });
  }
}
