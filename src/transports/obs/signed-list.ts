import { Type } from 'typebox';
import { BftError } from '../../core/errors.ts';
import { decodeUtf8, parseJson } from '../../core/json.ts';
import { validator } from '../../core/validate.ts';
import { checkUrl } from '../http/client.ts';

/** How receivers reach the obs share without keys (decision 19): a signed GET address per file, published beside the torrents. */
const schema = Type.Object({
  version: Type.Literal(1),
  /** ISO time after which the addresses are refused. */
  expires: Type.String(),
  files: Type.Record(Type.String(), Type.String()),
});
const check = validator(schema);

export const MAX_LIST_BYTES = 64 * 1024 * 1024;

export function serializeSignedList(urls: ReadonlyMap<string, string>, expires: Date): string {
  return `${JSON.stringify({ version: 1, expires: expires.toISOString(), files: Object.fromEntries(urls) }, null, 2)}\n`;
}

/** Reads an untrusted list. Throws OBS_SIGNED_LIST when it cannot be read or lacks one of `files`. `what` names the list in errors. */
export function parseSignedList(bytes: Uint8Array, files: readonly string[], what: string): Map<string, string> {
  try {
    const result = check(parseJson(decodeUtf8(bytes)));
    if (!('value' in result)) throw new Error(result.problems.join('; '));
    const urls = new Map(Object.entries(result.value.files));
    for (const file of files) {
      const url = urls.get(file);
      if (url === undefined) throw new Error(`it has no address for ${file}`);
      checkUrl(url);
    }
    return urls;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BftError('OBS_SIGNED_LIST', `the list of signed addresses ${what} cannot be used: ${why}`, {
      cause,
      permanent: false,
    });
  }
}
