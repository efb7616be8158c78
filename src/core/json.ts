import { BftError } from './errors.ts';

const MAX_DEPTH = 64;

/** Throws a plain Error when `text` nests deeper than anything we accept: JSON.parse itself would block or overflow first. */
export function checkDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > MAX_DEPTH) throw new Error(`nested deeper than ${MAX_DEPTH}`);
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
}

/** Gets each value with the text it stands for, where that is a number, a string, a boolean or null. */
export type Revive = (key: string, value: unknown, source: string | undefined) => unknown;

/** The parser's third argument, which the types do not know yet. */
type Context = { readonly source?: string } | undefined;

const refusePrototypeKeys =
  (revive: Revive) =>
  (key: string, value: unknown, ...[context]: Context[]): unknown => {
    if (key === '__proto__') throw new Error('the key __proto__ is refused');
    return revive(key, value, context?.source);
  };

/**
 * Parses untrusted JSON: nesting bounded, `__proto__` refused. Throws a plain Error that says why, and does not quote from the text as the one
 * of JSON.parse does: there may be a secret in it.
 */
export function parseJson(text: string, revive: Revive = (_, value) => value): unknown {
  checkDepth(text);
  try {
    return JSON.parse(text, refusePrototypeKeys(revive)) as unknown;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    // oxlint-disable-next-line preserve-caught-error -- the cause quotes from the text, and causes are logged
    throw new Error(why.replace(/, (?:\.\.\.)?".*"(?:\.\.\.)? is not valid JSON$/s, ''));
  }
}

/** Decodes UTF-8 strictly: a broken sequence is an error, not a replacement character. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new BftError('BODY_NOT_JSON', 'the text is not valid UTF-8', { cause });
  }
}
