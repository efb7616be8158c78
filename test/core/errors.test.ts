import assert from 'node:assert/strict';
import { asBftError, BftError, ERRORS, type ErrorCode, errno, notThere } from '../../src/core/errors.ts';

const system = (code: string) => Object.assign(new Error(`${code}: it failed`), { code });

describe('core: errors', () => {
  it('gives every code an HTTP status and what to do next', () => {
    for (const [code, { status, next }] of Object.entries(ERRORS)) {
      assert.match(code, /^[A-Z][A-Z_]+$/);
      assert.ok(status >= 200 && status < 600, code);
      assert.match(next, /^[A-Z].*[.]$/, code);
      const error = new BftError(code as ErrorCode, 'what happened');
      assert.deepEqual([error.status, error.next, error.message], [status, next, 'what happened']);
    }
  });

  it('takes a refusal for permanent and a failure of the other side for one that time may heal, unless told', () => {
    assert.equal(new BftError('TASK_UNKNOWN', '').permanent, true);
    assert.equal(new BftError('SOURCE_UNREACHABLE', '').permanent, false);
    assert.equal(new BftError('SOURCE_REFUSES', '', { permanent: true }).permanent, true);
    assert.equal(new BftError('TORRENT_MISMATCH', '', { permanent: false }).permanent, false);
  });

  it('keeps the cause, and the pause that the other side asked for', () => {
    const cause = new Error('the real one');
    const error = new BftError('SOURCE_REFUSES', 'x', { cause, retryAfterMs: 1500 });
    assert.equal(error.cause, cause);
    assert.equal(error.retryAfterMs, 1500);
    assert.equal(new BftError('INTERNAL', 'x').retryAfterMs, 0);
    assert.equal('cause' in new BftError('INTERNAL', 'x'), false);
  });

  it('leaves a BftError as it is and wraps everything else', () => {
    const known = new BftError('WRONG_BYTES', 'x');
    assert.equal(asBftError(known, 'INTERNAL', 'copying'), known);
    const cause = new Error('boom');
    const wrapped = asBftError(cause, 'SOURCE_UNREADABLE', 'reading reel.mxf');
    assert.deepEqual([wrapped.code, wrapped.message], ['SOURCE_UNREADABLE', 'reading reel.mxf: boom']);
    assert.equal(wrapped.cause, cause);
    assert.equal(asBftError('a string', 'INTERNAL', 'x').message, 'x: a string');
  });

  it('calls a full disk by its name wherever it is met (fault 7)', () => {
    const error = asBftError(system('ENOSPC'), 'DISK_WRITE', 'writing reel.mxf');
    assert.deepEqual([error.code, error.message], ['DISK_FULL', 'writing reel.mxf: no room left on the disk']);
    assert.equal(error.permanent, false);
  });

  it('takes what is wrong with a path or a disk for no defect of the daemon', () => {
    for (const code of ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'EINVAL', 'EIO', 'EMFILE']) {
      const error = asBftError(system(code), 'INTERNAL', 'making x');
      assert.deepEqual([error.code, error.message], ['DISK_WRITE', `making x: ${code}: it failed`]);
      assert.equal(asBftError(system(code), 'SOURCE_UNREADABLE', 'x').code, 'SOURCE_UNREADABLE');
    }
    assert.equal(asBftError(system('ERR_ASSERTION'), 'INTERNAL', 'x').code, 'INTERNAL');
  });

  it('knows the code of the operating system, and what is not there from what cannot be reached', () => {
    assert.equal(errno(system('EIO')), 'EIO');
    assert.equal(errno(Object.assign(new Error('x'), { code: 7 })), undefined);
    assert.equal(errno('EIO'), undefined);
    for (const code of ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG']) assert.equal(notThere(system(code)), undefined);
    assert.throws(() => notThere(system('EACCES')), { code: 'EACCES' });
    assert.throws(() => notThere(new Error('no code')), /no code/);
  });
});
