import { asBftError, type BftError, errno, ERRORS, type ErrorCode } from '../core/errors.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { jsonText, shown } from './output/shown.ts';

export interface Refused {
  readonly code: string;
  readonly desc: string;
  readonly next?: string;
  readonly docs?: string;
  readonly field?: string;
  readonly line?: number;
  readonly column?: number;
}

/** Where people do something else than programs. */
const NEXT: Readonly<Record<string, string>> = {
  UNAUTHORISED: 'Give the token with --token-file FILE or BFT2_TOKEN.',
};

/** A node said no. `next` and `docs` are the node's own words, of its own version. */
export class Refusal extends Error {
  readonly code: string;
  readonly next: string;
  readonly docs: string;
  /** HTTP status. */
  readonly status: number;

  constructor(refused: Refused, status: number, options: ErrorOptions = {}) {
    super(refused.desc + placeOf(refused), options);
    this.name = 'Refusal';
    this.code = refused.code;
    this.next = NEXT[refused.code] ?? refused.next ?? ERRORS[refused.code as ErrorCode]?.next ?? '';
    this.docs = refused.docs ?? docsOf(refused.code);
    this.status = status;
  }
}

/** Where the input is wrong, if the node can say it. */
function placeOf({ field, line, column }: Refused): string {
  const place = [field && `field ${field}`, line && `line ${line}`, column && `column ${column}`].filter(Boolean);
  return place.length === 0 ? '' : ` (${place.join(', ')})`;
}

/** The section of an error code. */
const docsOf = (code: string): string => `docs/ERRORS.md#${code.toLowerCase()}`;

/** What the person can do. */
export const nextOf = (error: BftError | Refusal): string =>
  ['EACCES', 'EPERM'].includes(errno(error.cause) ?? '')
    ? 'This user may not: run it as root, or as the user that the daemon runs as.'
    : error.next;

/** Says what happened, what to do, and where to read more; gives the exit code. */
export function tellFailure(cause: unknown, options: { readonly usage: string; readonly json: boolean }): number {
  const error = cause instanceof Refusal ? cause : asBftError(cause, 'INTERNAL', 'bft');
  const { code, message } = error;
  const next = nextOf(error);
  const docs = error instanceof Refusal ? error.docs : docsOf(code);
  const lines = [
    `${code}: ${message}`,
    next && `  ${next}`,
    `  ${docs}`,
    code === 'USAGE' ? `usage: ${options.usage}` : '',
  ];
  const told = lines.filter(line => line !== '').map(line => `${shown(line)}\n`);
  process.stderr.write(options.json ? `${jsonText({ error: { code, desc: message, next, docs } })}\n` : told.join(''));
  return code === 'USAGE' ? EXIT.usage : exitCodeOf(code, error.status);
}
