import { ERRORS, type ErrorCode } from '../core/errors.ts';

/** How `bft` ends. Scripts rely on these. */
export const EXIT = {
  ok: 0,
  other: 1,
  usage: 2,
  notFound: 3,
  unreachable: 4,
  temporary: 5,
  permanent: 6,
  verification: 7,
  diskFull: 8,
  nothingToDo: 9,
  interrupted: 130,
} as const;

/** Where the HTTP status of a code would mislead. */
const OF_CODE: Partial<Record<ErrorCode, number>> = {
  INTERNAL: EXIT.other,
  USAGE: EXIT.usage,
  QUERY_INVALID: EXIT.usage,
  PARAMETER_MISSING: EXIT.usage,
  PARAMETER_INVALID: EXIT.usage,
  CONFIG_MISSING: EXIT.notFound,
  NODE_UNREACHABLE: EXIT.unreachable,
  TASK_WAITS: EXIT.temporary,
  TORRENT_BUSY: EXIT.temporary,
  SOURCE_CHANGED: EXIT.temporary,
  VERIFY_FAILED: EXIT.verification,
  WRONG_BYTES: EXIT.verification,
  UPLOAD_DAMAGED: EXIT.verification,
  DISK_FULL: EXIT.diskFull,
};

/** Statuses with which another side, or time, may mend it. */
const TEMPORARY = [429, 502, 503, 504];

/** The exit code of an error. `answered`: the HTTP status of the answer, for codes of a newer node. */
export function exitCodeOf(code: string, answered = 500): number {
  if (!isKnown(code)) return ofStatus(answered);
  return OF_CODE[code] ?? ofStatus(ERRORS[code].status);
}

const isKnown = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code);

function ofStatus(status: number): number {
  if (status === 404) return EXIT.notFound;
  if (TEMPORARY.includes(status)) return EXIT.temporary;
  return status < 500 ? EXIT.permanent : EXIT.other;
}
