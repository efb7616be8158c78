import { type BftError, type ErrorCode, errno } from '../core/errors.ts';

/** `skipped`: it could not be looked at, because of something that another check says, or there is nothing to look at. */
export type Verdict = 'ok' | 'warning' | 'fault' | 'skipped';

/** What a check found. */
export interface Finding {
  readonly verdict: Verdict;
  readonly text: string;
  /** What the person can do; '' where nothing is to be done. */
  readonly next: string;
  readonly code?: ErrorCode;
}

/** One point of the list that operators went through by hand (6.1 of the original's manual). */
export interface Check {
  /** Stable, for programs. */
  readonly id: string;
  run(): Promise<readonly Finding[]>;
}

export const ok = (text: string): Finding => ({ verdict: 'ok', text, next: '' });
export const skipped = (text: string): Finding => ({ verdict: 'skipped', text, next: '' });
export const warning = (text: string, next: string): Finding => ({ verdict: 'warning', text, next });
export const fault = (text: string, next: string): Finding => ({ verdict: 'fault', text, next });
/** `next` where the registry's words do not fit a person who looks. */
export const failed = (error: BftError, next: string = error.next): Finding => ({
  verdict: 'fault',
  text: error.message,
  next: isDenied(error) ? AS_DAEMON : next,
  code: error.code,
});

/** Nothing need be wrong: this user may not see it. */
const AS_DAEMON = 'Run doctor as root, or as the user that the daemon runs as (sudo bft doctor).';
const isDenied = (error: BftError): boolean =>
  [error, error.cause].some(one => ['EACCES', 'EPERM'].includes(errno(one) ?? ''));
