import { Type } from 'typebox';
import { BftError } from '../core/errors.ts';
import { decodeUtf8, parseJson, type Revive } from '../core/json.ts';
import { validator } from '../core/validate.ts';
import type { Answer } from './method.ts';

/** What every POST carries (BE-01). The ids are echoed, not understood. */
export interface Request {
  readonly id: unknown;
  readonly method: string;
  readonly params: unknown;
}

const check = validator(
  Type.Object({
    message_id: Type.Optional(Type.Unknown()),
    method_name: Type.Optional(Type.Unknown()),
    method_params: Type.Optional(Type.Unknown()),
  }),
);

/** Node's, which the types do not know yet. */
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(this: void, text: string): object;
  isRawJSON(this: void, value: unknown): boolean;
};

const scalar = (value: unknown): unknown =>
  ['string', 'number', 'boolean'].includes(typeof value) || isRawJSON(value) ? value : '';

/** A number as it was written: it may have more digits than one here holds. */
const keepNumber: Revive = (key, value, source) =>
  key === 'message_id' && typeof value === 'number' && source !== undefined ? rawJSON(source) : value;

/** Reads an envelope. Throws BODY_NOT_JSON. */
export function readEnvelope(body: Uint8Array): Request {
  let raw: unknown;
  try {
    raw = parseJson(decodeUtf8(body), keepNumber);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unreadable';
    throw new BftError('BODY_NOT_JSON', `the body is not JSON we accept: ${why.slice(0, 200)}`, { cause });
  }
  const result = check(raw);
  if (!('value' in result)) throw new BftError('BODY_NOT_JSON', 'the body must be a JSON object');
  const { message_id, method_name, method_params } = result.value;
  const isObject = typeof method_params === 'object' && method_params !== null && !Array.isArray(method_params);
  return {
    id: scalar(message_id),
    method: typeof method_name === 'string' ? method_name : '',
    params: isObject ? method_params : undefined,
  };
}

/** The answer, in the key order of the real outputs; the id in both spellings (BE-02, BE-03, decision 1). */
export function writeEnvelope({ id, method }: Request, { ok, content }: Answer): Record<string, unknown> {
  return {
    reqest_message_id: id,
    request_message_id: id,
    message_type: 'response',
    method_name: method,
    return_status: ok ? 'true' : 'false',
    return_content: content,
  };
}

/** A refusal: the text of the protocol (or ours) and the stable code (decision 2). */
export const refusal = (error: BftError): Answer => ({
  ok: false,
  content: { desc: error.message, code: error.code },
});
