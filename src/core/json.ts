import { BftError } from './errors.ts';

const MAX_DEPTH = 64;
/** A task file of as many files as we take has half of it. */
const MAX_VALUES = 4_000_000;

/** Throws a plain Error when `text` nests deeper, or has more values, than anything we accept: JSON.parse itself would block, overflow or fill the memory first. */
export function checkShape(text: string): void {
  let depth = 0;
  let values = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x2c) {
      if (++values > MAX_VALUES) throw new Error(`more than ${MAX_VALUES} values`);
    } else if (c === 0x7b || c === 0x5b) {
      values++;
      if (++depth > MAX_DEPTH) throw new Error(`nested deeper than ${MAX_DEPTH}`);
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
}

/** Gets each value with the text it stands for, where that is a number, a string, a boolean or null. */
export type Revive = (key: string, value: unknown, source: string | undefined) => unknown;

/** The parser's third argument, which the types do not know yet. */
type Context = { readonly source?: string } | undefined;

/** What a text has that may have the key `__proto__`, however it is spelled. */
const PROTOTYPE_KEY = /__proto__|\\u/;

/** Throws a plain Error where a key is `__proto__`: to JSON.parse it is one like others, to what copies it may not be. Not a reviver: that takes minutes for what is large. */
function refusePrototypeKeys(value: unknown): void {
  const left = [value];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== 'object' || next === null) continue;
    if (Object.hasOwn(next, '__proto__')) throw new Error('the key __proto__ is refused');
    for (const inner of Object.values(next)) if (typeof inner === 'object') left.push(inner);
  }
}

/**
 * Parses untrusted JSON: nesting and number of values bounded, `__proto__` refused. Throws a plain Error that says why, and does not quote from the text as the one
 * of JSON.parse does: there may be a secret in it.
 */
export function parseJson(text: string, revive?: Revive): unknown {
  checkShape(text);
  const value = parse(text, revive);
  if (PROTOTYPE_KEY.test(text)) refusePrototypeKeys(value);
  return value;
}

function parse(text: string, revive?: Revive): unknown {
  try {
    return JSON.parse(
      text,
      revive && ((key: string, value: unknown, ...[context]: Context[]) => revive(key, value, context?.source)),
    ) as unknown;
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
