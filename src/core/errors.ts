import type { Method } from './method.ts';

/**
 * The one registry of errors. Every error that a person or a client can meet has a stable code here, the HTTP status it
 * gets where the protocol knows no refusal of its own (decision 3), and what happens next: what the daemon does by itself and what the
 * person can do. docs/ERRORS.md has a section per code; a test holds the two together.
 */
export const ERRORS = {
  USAGE: { status: 400, next: 'Correct the command line; --help shows it.' },
  CONFIG_MISSING: { status: 500, next: 'Give --config FILE or BFT2_CONFIG; etc/ holds a sample per role.' },
  CONFIG_INVALID: { status: 400, next: 'Correct the named key; a running daemon keeps the configuration it has.' },
  ALREADY_RUNNING: { status: 500, next: 'Stop the other daemon, or give this one its own directories.' },
  FILE_SYSTEMS_DIFFER: {
    status: 500,
    next: 'Put the named directories on one file system: moving a package is a rename.',
  },
  LISTEN_FAILED: { status: 500, next: 'Free the address or configure another one.' },
  TOKEN_FILE: {
    status: 500,
    next: "Let only the daemon's user read the named file (chmod 600), or remove it: a new token is made at the next start.",
  },
  TASK_FILE_MISSING: { status: 404, next: 'Check the path of the task file.' },
  TASK_FILE_INVALID: { status: 400, next: 'Make the task again at the sender (gentask); nothing was queued.' },
  TASK_UNKNOWN: { status: 404, next: 'Check the name: <basesubdir>-<name>.task.json.' },
  TASK_EXISTS: { status: 409, next: 'Wait for the task that is there, or cancel it first.' },
  REPORT_MISSING: { status: 404, next: 'Nothing: a task has a report when it was received and put into the storage.' },
  TASK_WAITS: { status: 409, next: 'Nothing: it starts when a place is free.' },
  TASK_PAUSED: { status: 409, next: 'Resume it when it is to go on; what it has brought is kept.' },
  TASK_STATE_UNFIT: { status: 409, next: 'Look at the state of the task: what is asked does not fit it now.' },
  TASK_CANCELLED: { status: 409, next: 'Nothing: the task was cancelled.' },
  NAME_UNSAFE: { status: 400, next: 'Rename the file or directory at the source; nothing was written.' },
  RATIO_INVALID: { status: 400, next: 'Give the ratio as bt:obs:cdn in whole numbers, not all 0, for example 2:1:1.' },
  SIZES_DIFFER: {
    status: 400,
    next: 'Make the task again at the sender (gentask): its sizes or lists contradict each other.',
  },
  SOURCE_MISSING: { status: 404, next: 'Check the path, and that the disk it is on is mounted.' },
  SOURCE_REFUSED: { status: 400, next: 'Remove or replace the named entry: a package is regular files only.' },
  SOURCE_CHANGED: { status: 409, next: 'Wait until nothing writes to the package, then make the task again.' },
  SOURCE_UNREADABLE: {
    status: 500,
    next: 'Check the disk and the permissions of the named path, then make the task again, or run the command again.',
  },
  TORRENT_MISSING: { status: 404, next: 'Make the task and its torrents again (gentask).' },
  TORRENT_INVALID: { status: 400, next: 'Make the torrent again at the sender (gentask with deloldtorrent "true").' },
  TORRENT_MISMATCH: {
    status: 400,
    next: 'A stale torrent: refresh it in the CDN, or make the task again with deloldtorrent "true".',
  },
  TORRENT_BUSY: { status: 409, next: 'Wait until the torrent that is being made is finished (taskfilesquery).' },
  BT_ENGINE_DOWN: {
    status: 503,
    next: 'The daemon restarts the BitTorrent engine by itself; transfers go on where they were.',
  },
  BT_NO_SOURCE: { status: 503, next: 'The daemon keeps asking; check the tracker and that the sender is serving.' },
  WINDOW_CLOSED: { status: 503, next: 'Nothing: it goes on by itself when the window of the method opens.' },
  SOURCE_REFUSES: {
    status: 502,
    next: 'The daemon tries again as its retry rule says; check the sender, bucket or CDN it names.',
  },
  SOURCE_UNREACHABLE: {
    status: 503,
    next: 'The daemon tries again with growing pauses; check the line and the named host.',
  },
  ADDRESS_REFUSED: {
    status: 502,
    next: 'Check who made the task; if the address is meant, add its host to allowhosts, or let it answer without that redirect.',
  },
  TLS_REFUSED: {
    status: 502,
    next: 'The daemon tries again with growing pauses; give the named host a certificate that this node trusts, and check the clock.',
  },
  WRONG_BYTES: { status: 502, next: 'The bytes were refused and are fetched again; if it repeats, check that source.' },
  VERIFY_FAILED: {
    status: 502,
    next: 'The named file is fetched again on the next try; nothing wrong reached the storage.',
  },
  OBS_CREDENTIALS: { status: 500, next: 'Give obsak, obssk and obsendpoint in the configuration or with gentask.' },
  OBS_REFUSED: { status: 502, next: 'Check the access key, its rights on the bucket, and the clock.' },
  OBS_ANSWER: {
    status: 502,
    next: 'The daemon tries again; check that obsendpoint is the address of the bucket, and what stands between.',
  },
  OBS_PART_SIZE: { status: 502, next: 'Raise partsize, for S3 to 5242880 at least, and send the task again.' },
  UPLOAD_LOST: {
    status: 502,
    next: 'The daemon began the object anew once, in vain: check who else removes uploads there, then send the task again.',
  },
  UPLOAD_DAMAGED: {
    status: 502,
    next: 'The daemon sends those bytes again; if it repeats, check the line and the bucket.',
  },
  OBS_SIGNED_LIST: {
    status: 502,
    next: 'The daemon fetches the list of signed addresses again; check that the sender serves it.',
  },
  OBS_INCOMPLETE: {
    status: 409,
    next: 'Put the named objects into the bucket; the daemon looks again as its retry rule says.',
  },
  BUCKETS_FILE: {
    status: 500,
    next: "Correct the named line, or let only the daemon's user read the file (chmod 600); it is read again by itself.",
  },
  CAP_REACHED: {
    status: 409,
    next: 'Another method takes over what is left, if one can; else raise obscap or cdncap, or receive the task anew.',
  },
  DEADLINE_AT_RISK: {
    status: 409,
    next: 'Nothing is lost, the task goes on. Widen its windows, raise limits, or receive it anew with a ratio that suits the line.',
  },
  HASHTABLE_FOREIGN: {
    status: 409,
    next: 'Run "hashtable init" (inithashtable.sh): the table is not used until then; what is here already is fetched again.',
  },
  DISK_FULL: { status: 507, next: 'Free some room; the task goes on at its next try.' },
  DISK_WRITE: { status: 500, next: 'Check the disk and the permissions of the named path.' },
  BODY_NOT_JSON: { status: 400, next: 'Send a JSON object with Content-Type: application/json.' },
  BODY_TOO_LARGE: { status: 413, next: 'Send at most 1 MiB, a task file at most 64 MiB.' },
  BODY_TOO_SLOW: { status: 408, next: 'Send it again over a better line; 8 KiB/s are enough.' },
  TOO_MANY_CALLS: {
    status: 503,
    next: 'Ask again in a while; instead of a stream, GET /api/v1/tasks every few seconds.',
  },
  CONTENT_TYPE: { status: 415, next: 'Send Content-Type: application/json.' },
  PATH_UNKNOWN: { status: 404, next: 'Check the path; docs/API.md lists them.' },
  HTTP_METHOD: { status: 405, next: 'Use the HTTP method of the Allow header.' },
  QUERY_INVALID: { status: 400, next: 'Correct the named parameter of the query.' },
  METHOD_UNKNOWN: { status: 200, next: 'Use a method_name that this path knows.' },
  PARAMETER_MISSING: { status: 200, next: 'Send the named parameter inside method_params.' },
  PARAMETER_INVALID: { status: 200, next: 'Correct the named parameter.' },
  UNAUTHORISED: {
    status: 401,
    next: 'Send the header Authorization: Bearer <token>; it is apitoken of the configuration, else in the file token of statepath.',
  },
  TOO_MANY_TRIES: { status: 429, next: 'Wait as long as Retry-After says, then give the right token.' },
  ORIGIN_FOREIGN: {
    status: 403,
    next: 'Use the console of this node, or a program; pages of other sites may not call it.',
  },
  HOST_FOREIGN: { status: 421, next: 'Call the daemon by an address of its machine, or add the name to hostnames.' },
  NODE_UNREACHABLE: {
    status: 503,
    next: 'Start the daemon there, or name another node with --node URL or BFT2_API.',
  },
  ROLE_LACKS: { status: 200, next: 'Call a node whose servertype knows this method.' },
  INTERNAL: { status: 500, next: 'A defect of the daemon: report the log lines around it. No task is lost.' },
} as const satisfies Record<string, { status: number; next: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** Where an input of people is wrong. Lines and columns count from 1. */
export interface Place {
  /** The key, its path with dots. */
  readonly field?: string;
  readonly line?: number;
  readonly column?: number;
}

/** An error for people: `message` says what happened to which task and file; `code` is stable; `next` says what to do. */
export class BftError extends Error {
  readonly code: ErrorCode;
  /** True when trying the same again cannot help (a refusal), false when time may heal it (a line that is down). */
  readonly permanent: boolean;
  /** The HTTP status that another side answered with, 0 if none. */
  readonly answered: number;
  /** What the other side asked us to wait before the next try, ms. */
  readonly retryAfterMs: number;
  readonly place: Place | undefined;
  /** The method whose transport failed; `withRetry` says so. */
  method: Method | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      cause?: unknown;
      permanent?: boolean;
      retryAfterMs?: number;
      answered?: number;
      place?: Place | undefined;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BftError';
    this.code = code;
    this.permanent = options.permanent ?? ERRORS[code].status < 500;
    this.retryAfterMs = options.retryAfterMs ?? 0;
    this.answered = options.answered ?? 0;
    this.place = options.place;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get next(): string {
    return ERRORS[this.code].next;
  }
}

/** What the system says of paths, permissions and disks: somebody's mistake or a broken disk, no defect of the daemon. */
const OF_THE_DISK =
  'EACCES EPERM EROFS ENOENT ENOTDIR EISDIR ENOTEMPTY ELOOP ENAMETOOLONG EINVAL EIO EDQUOT EMFILE ENFILE'.split(' ');

/** Keeps a BftError as it is and wraps anything else, so that every failure carries a code. */
export function asBftError(error: unknown, code: ErrorCode, what: string): BftError {
  if (error instanceof BftError) return error;
  if (error instanceof SuppressedError) return asBftError(error.suppressed, code, `${what} (${String(error.error)})`);
  if (errno(error) === 'ENOSPC')
    return new BftError('DISK_FULL', `${what}: no room left on the disk`, { cause: error });
  if (code === 'INTERNAL' && OF_THE_DISK.includes(errno(error) ?? '')) return asBftError(error, 'DISK_WRITE', what);
  return new BftError(code, `${what}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}

/** The operating system's code of an error (`ENOENT`, …), if it has one. */
export function errno(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** For `catch`: something that does not exist is undefined, everything else is thrown on. */
export function notThere(error: unknown): undefined {
  if (!['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(errno(error) ?? '')) throw error;
  return undefined;
}
