import type { Static, TObject } from 'typebox';
import { Type } from 'typebox';
import { BftError } from '../core/errors.ts';
import { validator } from '../core/validate.ts';
import type { NodeApi } from './node.ts';

export interface Answer {
  readonly ok: boolean;
  readonly content: Readonly<Record<string, unknown>>;
}

/** A method of the protocol: its path, its names there, and what it does with checked parameters. */
export interface ApiMethod {
  readonly path: string;
  readonly names: readonly string[];
  run(node: NodeApi, params: unknown): Promise<Answer>;
}

/** A boolean as callers send it: "true", "false", or a real one (BE-04). */
export const flag = (fallback: boolean) =>
  Type.Unsafe<boolean | 'true' | 'false'>({ enum: [true, false, 'true', 'false'], default: fallback });

export const isTrue = (value: boolean | 'true' | 'false'): boolean => value === true || value === 'true';

/** A text that may also come as a number (seedtime) and may be empty. */
export const looseText = Type.Optional(Type.Unsafe<string | number>({ type: ['string', 'number'] }));

export const done = (desc: string): Answer => ({ ok: true, content: { desc } });

/** Builds a method from its parameter schema. Missing and wrong parameters get the protocol's kind of refusal (decision 4). */
export function defineMethod<S extends TObject>(
  path: string,
  names: readonly string[],
  schema: S,
  run: (node: NodeApi, params: Static<S>) => Promise<Answer>,
): ApiMethod {
  const check = validator(schema);
  const required: readonly string[] = schema.required ?? [];
  const mandatory = required.filter(key => !('default' in (schema.properties[key] ?? {})));
  return {
    path,
    names,
    run(node, params) {
      const given = structuredClone(params) as Record<string, unknown>;
      for (const key of mandatory) {
        if (given[key] === undefined) throw new BftError('PARAMETER_MISSING', `missing parameter: ${key}`);
      }
      const result = check(given);
      if (!('value' in result)) throw new BftError('PARAMETER_INVALID', result.problems[0]);
      return run(node, result.value);
    },
  };
}

/** What this node's role does not know. */
export function requireRole<T>(part: T | undefined, name: string, node: NodeApi): T {
  if (part === undefined) throw new BftError('ROLE_LACKS', `a ${node.serverType} does not know ${name}`);
  return part;
}
