import { asBftError, errno } from '../core/errors.ts';
import { tellFailure } from './failure.ts';

/** Output that could not be written, such as on a full disk: a script must not take it for an answer. Undefined where who reads has had enough, as `| head`. */
export function tellLostOutput(error: Error): number | undefined {
  return errno(error) === 'EPIPE'
    ? undefined
    : tellFailure(asBftError(error, 'DISK_WRITE', 'standard output'), { usage: '', json: false });
}
