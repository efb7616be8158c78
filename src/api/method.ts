import { type Static, type TObject, Type } from 'typebox';
import { BftError } from '../core/errors.ts';
import { validator } from '../core/validate.ts';
import type { NodeApi } from './node.ts';

export interface Answer {
  readonly ok: boolean;
  readonly content: Readonly<Record<string, unknown>>;
}

/** A text that a method answers, as callers compare it; `<…>` stands for what differs. */
export interface Told {
  readonly ok: boolean;
  readonly text: string;
  /** Row ids. */
  readonly rule: string;
}

/** What callers can know of a method. docs/API.md and the OpenAPI document are made from it, and its parameters are checked by it. */
export interface MethodDescription<S extends TObject = TObject> {
  readonly path: string;
  readonly name: string;
  readonly summary: string;
  readonly params: S;
  /** `return_content` of an answer that is no refusal. */
  readonly content: TObject;
  /** Values of the parameters in a good call. */
  readonly example: Readonly<Record<string, unknown>>;
  readonly told: readonly Told[];
}

/** A method of the protocol: its path, its name there, and what it does with checked parameters. */
export interface ApiMethod extends MethodDescription {
  run(node: NodeApi, params: unknown): Promise<Answer>;
}

export const says = (text: string, rule: string): Told => ({ ok: true, text, rule });
export const refuses = (text: string, rule: string): Told => ({ ok: false, text, rule });

/** Content of methods that answer with a text only. */
export const descOnly = Type.Object({ desc: Type.String({ description: 'what was done, in the words below' }) });

export const done = (desc: string): Answer => ({ ok: true, content: { desc } });

/** Builds a method from its description. Missing and wrong parameters get the protocol's kind of refusal (decision 4). */
export function defineMethod<S extends TObject>(
  description: MethodDescription<S>,
  run: (node: NodeApi, params: Static<S>) => Promise<Answer>,
): ApiMethod {
  const check = validator(description.params);
  return {
    ...description,
    run(node, params) {
      const given = structuredClone(params) as Record<string, unknown>;
      refuseMissing(description.params, given);
      dropEmpty(description.params, given);
      const result = check(given);
      if (!('value' in result)) throw new BftError('PARAMETER_INVALID', result.problems[0]);
      return run(node, result.value);
    },
  };
}

/** The parameters that callers must give: a default stands for the others. */
export function mandatory({ required, properties }: TObject): string[] {
  const keys: readonly string[] = required ?? [];
  return keys.filter(key => !('default' in (properties[key] ?? {})));
}

/** `x-missing` of a parameter is the protocol's own text for one that is absent or empty. */
function refuseMissing(params: TObject, given: Readonly<Record<string, unknown>>): void {
  for (const key of mandatory(params)) {
    const { 'x-missing': words } = params.properties[key] as { 'x-missing'?: string };
    const isMissing = given[key] === undefined || (words !== undefined && given[key] === '');
    if (isMissing) throw new BftError('PARAMETER_MISSING', words ?? `missing parameter: ${key}`);
  }
}

/** An optional parameter that is empty is absent (BG-01), unless `x-empty` says that it is a value like others. */
function dropEmpty(params: TObject, given: Record<string, unknown>): void {
  const must = mandatory(params);
  for (const [key, shape] of Object.entries(params.properties as Record<string, { 'x-empty'?: boolean }>)) {
    if (given[key] === '' && !must.includes(key) && !shape['x-empty']) delete given[key];
  }
}

/** What this node's role does not know. */
export function requireRole<T>(part: T | undefined, name: string, node: NodeApi): T {
  if (part === undefined) throw new BftError('ROLE_LACKS', `a ${node.serverType} does not know ${name}`);
  return part;
}
