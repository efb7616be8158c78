import { BftError, type ErrorCode } from '../../core/errors.ts';
import { retryAfterMs } from '../http/failures.ts';

const SHOWN_CHARACTERS = 200;
/** Refusals of a request that was good: the line was too slow for it, or spoilt it. */
const OF_THE_LINE: ReadonlySet<string> = new Set(['RequestTimeout', 'BadDigest', 'IncompleteBody', 'OperationAborted']);

/** What they say when an upload, or parts of it, are not theirs any more, or when its parts are less than they take. */
const OF_PARTS: Readonly<Partial<Record<string, ErrorCode>>> = {
  NoSuchUpload: 'UPLOAD_LOST',
  InvalidPart: 'UPLOAD_LOST',
  InvalidPartOrder: 'UPLOAD_LOST',
  EntityTooSmall: 'OBS_PART_SIZE',
};

export interface Refusal {
  readonly status: number;
  /** What the bucket calls it; from outside, of any kind. */
  readonly code: unknown;
  readonly message: unknown;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** What a bucket answers with instead of what it was asked for. 5xx, 408, 409, 429 and faults of the line may heal. */
export function refusal(what: string, { status, code, message, headers }: Refusal): BftError {
  const isBusy = status >= 500 || [408, 409, 425, 429].includes(status);
  const heals = isBusy || OF_THE_LINE.has(shown(code));
  const kind: ErrorCode = heals ? 'SOURCE_UNREACHABLE' : (OF_PARTS[shown(code)] ?? 'OBS_REFUSED');
  const text = `${what}: the bucket answered ${status} ${shown(code)} ${shown(message)}`.trimEnd();
  return new BftError(kind, text, {
    permanent: !heals,
    answered: status,
    retryAfterMs: retryAfterMs(headers),
  });
}

/** An answer that cannot be the bucket's: broken, endless, or about something else. */
export const unreadableAnswer = (what: string, why: string): BftError =>
  new BftError('OBS_ANSWER', `${what}: ${why}`, { permanent: false });

/** Text from outside as it may stand in a message: short, on one line. */
function shown(text: unknown): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is taken out
  return typeof text === 'string' ? text.slice(0, SHOWN_CHARACTERS).replaceAll(/[\x00-\x1f\x7f]/g, ' ') : '';
}
