import type { Context } from 'koa';
import type { Static, TObject } from 'typebox';
import { BftError } from '../../core/errors.ts';
import { decodeUtf8, parseJson } from '../../core/json.ts';
import { placeOfFault } from '../../core/json-place.ts';
import { type Validation, validator } from '../../core/validate.ts';
import { readBody } from '../body.ts';

/** A query that is empty is absent; numbers are read. Throws QUERY_INVALID. */
export function readQuery<T>(schema: TObject, check: (value: unknown) => Validation<T>, query: URLSearchParams): T {
  const given: Record<string, unknown> = {};
  for (const [key, { type }] of Object.entries(schema.properties as Record<string, { type?: string }>)) {
    const text = query.get(key) ?? '';
    if (text !== '') given[key] = type === 'integer' && /^\d{1,15}$/.test(text) ? Number(text) : text;
  }
  const result = check(given);
  if ('value' in result) return result.value;
  throw new BftError('QUERY_INVALID', result.problems[0], { place: { field: result.path.join('.') } });
}

/** Reads JSON bodies of up to 1 MiB; none is an empty object. Throws BODY_NOT_JSON, BODY_TOO_LARGE, BODY_TOO_SLOW, PARAMETER_INVALID. */
export function bodyReader<B extends TObject>(schema: B): (ctx: Context) => Promise<Static<B>> {
  const check = validator(schema);
  return async ctx => {
    const text = decodeUtf8(await readBody(ctx));
    const result = check(text.trim() === '' ? {} : parse(text));
    if ('value' in result) return result.value;
    if (result.path.length === 0) throw new BftError('BODY_NOT_JSON', 'the body must be a JSON object');
    throw new BftError('PARAMETER_INVALID', result.problems[0], { place: { field: result.path.join('.') } });
  };
}

function parse(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unreadable';
    const place = placeOfFault(text);
    throw new BftError('BODY_NOT_JSON', `the body is not JSON we accept: ${why.slice(0, 200)}`, { cause, place });
  }
}
