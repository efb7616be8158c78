import { Ajv, type ErrorObject } from 'ajv';
import type { Static, TSchema } from 'typebox';

const OPTIONS = { useDefaults: true, allowUnionTypes: true, strict: false, strictNumbers: true };
const ajv = new Ajv({ ...OPTIONS, allErrors: true });
/** Of what is large there may be millions of problems, each of them an object. */
const briefAjv = new Ajv(OPTIONS);

/** The problems of a value, one sentence each, with the key they are at. */
export type Validation<T> =
  | { readonly value: T; readonly problems: [] }
  /** `path`: keys and indices that lead to the first problem. */
  | { readonly problems: [string, ...string[]]; readonly path: readonly string[] };

function sentence({ instancePath, message = 'is wrong', params, keyword }: ErrorObject): string {
  const key = instancePath === '' ? '' : `"${instancePath.slice(1).replaceAll('/', '.')}" `;
  if (keyword === 'additionalProperties') return `${key}unknown key "${String(params.additionalProperty)}"`;
  if (keyword === 'enum')
    return `${key}must be one of ${[...new Set((params.allowedValues as unknown[]).map(String))].join(', ')}`;
  return `${key}${message}`;
}

/** Of a key that is missing, or too many, its own path. */
function pathOf(error: ErrorObject | undefined): string[] {
  const keys = (error?.instancePath ?? '').split('/').slice(1);
  const key: unknown = error?.params.missingProperty ?? error?.params.additionalProperty;
  const unescaped = keys.map(key => key.replaceAll('~1', '/').replaceAll('~0', '~'));
  return typeof key === 'string' ? [...unescaped, key] : unescaped;
}

/** Compiles a schema into a check that fills in defaults. The value given is changed in place by the defaults. */
export function validator<S extends TSchema>(schema: S, compiler = ajv): (value: unknown) => Validation<Static<S>> {
  const check = compiler.compile(schema);
  return value => {
    if (check(value)) return { value: value as Static<S>, problems: [] };
    const [first = 'is wrong', ...others] = [...new Set((check.errors ?? []).map(sentence))];
    return { problems: [first, ...others], path: pathOf(check.errors?.[0]) };
  };
}

/** The same, which ends at the first problem: for what may be large. */
export const briefValidator = <S extends TSchema>(schema: S): ((value: unknown) => Validation<Static<S>>) =>
  validator(schema, briefAjv);
