import assert from 'node:assert/strict';
import { BftError, type ErrorCode } from '../../../src/core/errors.ts';
import type { Method } from '../../../src/core/method.ts';
import { formatLocalTime } from '../../../src/core/units.ts';
import { actionsOf, type Facts, GROUPS, type Owing, standingOf } from '../../../src/daemon/overview/standing.ts';

const SOON = new Date(2026, 10, 21, 22).getTime();
const LATER = SOON + 3_600_000;

const error = (code: ErrorCode, message: string) => new BftError(code, message);
const owing = (method: Method, notice?: BftError, opens?: number): Owing => ({ method, notice, opens });
const closed = (method: Method, opens: number) => owing(method, error('WINDOW_CLOSED', 'closed until then'), opens);
const down = error('SOURCE_UNREACHABLE', 'cdn.example does not answer');
const refused = error('TORRENT_MISMATCH', 'the torrent is another one');
const alone = error('BT_NO_SOURCE', 'no source of film');

const facts = (known: Partial<Facts>): Facts => ({
  isPaused: false,
  failure: undefined,
  hasGivenUp: false,
  nextTry: undefined,
  place: undefined,
  places: { key: 'downloadingnum', limit: 5 },
  stage: 'moving',
  owing: [],
  ...known,
});

/** What is known, and status, code, text and the time that it ends by itself. */
const CASES: Readonly<Record<string, readonly [Partial<Facts>, string, string?, (string | RegExp)?, number?]>> = {
  'paused, whatever else': [{ isPaused: true, failure: refused, hasGivenUp: true }, 'paused'],
  'given up (decision 15)': [{ failure: refused, hasGivenUp: true }, 'failed', 'TORRENT_MISMATCH', refused.message],
  'tried again later': [{ failure: down, nextTry: SOON }, 'retrying', 'SOURCE_UNREACHABLE', down.message, SOON],
  'in the queue': [{ place: 3 }, 'queued', 'TASK_WAITS', 'place 3 in the queue; 5 tasks run at once (downloadingnum)'],
  'all is here': [{ stage: 'complete' }, 'verifying'],
  'served on': [{ stage: 'serving' }, 'serving'],
  'nothing known yet': [{}, 'transferring'],
  'moves after a failure': [{ failure: refused, owing: [owing('bt')] }, 'transferring', 'TORRENT_MISMATCH'],
  'one method in trouble': [
    { owing: [owing('bt'), owing('cdn', down)] },
    'transferring',
    'SOURCE_UNREACHABLE',
    `CDN: ${down.message}`,
  ],
  'one waits for its window (BW-03)': [{ owing: [owing('bt'), closed('cdn', SOON)] }, 'transferring'],
  'all wait for their windows': [
    { owing: [closed('bt', LATER), closed('cdn', SOON)] },
    'window',
    'WINDOW_CLOSED',
    `BT, CDN wait for their windows; CDN opens at ${formatLocalTime(SOON)}`,
    SOON,
  ],
  'what is left waits for its window': [
    { owing: [closed('obs', SOON)] },
    'window',
    'WINDOW_CLOSED',
    `OBS waits for its window; it opens at ${formatLocalTime(SOON)}`,
    SOON,
  ],
  'no source (BE-24)': [
    { owing: [owing('bt', alone), owing('cdn', down)] },
    'nosource',
    'BT_NO_SOURCE',
    `0 of 2 sources answer. BT: ${alone.message}; CDN: ${down.message}`,
  ],
  'no source, and a window that may help': [
    { owing: [owing('bt', alone), closed('cdn', SOON)] },
    'nosource',
    'BT_NO_SOURCE',
    /^0 of 1 source answers\. BT: .*; CDN: closed/,
    SOON,
  ],
  'something is wrong here': [
    { owing: [owing('bt', error('DISK_FULL', 'no room')), owing('cdn', down)] },
    'retrying',
    'DISK_FULL',
    'no room',
  ],
};

describe('daemon: why a task does not move', () => {
  for (const [what, [known, status, code, desc, until]] of Object.entries(CASES)) {
    it(`${what}: ${status}`, () => {
      const standing = standingOf(facts(known));
      assert.deepEqual([standing.status, standing.cause?.code, standing.until], [status, code, until]);
      if (desc instanceof RegExp) assert.match(standing.cause?.desc ?? '', desc);
      else if (desc !== undefined) assert.equal(standing.cause?.desc, desc);
      assert.equal(standing.cause?.next === '', false);
    });
  }

  it('every status has its group, and what may be asked of it', () => {
    for (const status of Object.keys(GROUPS) as (keyof typeof GROUPS)[])
      assert.ok(actionsOf({ status, cause: undefined, until: undefined }).includes('cancel'), status);
    const { status, cause, until } = standingOf(facts({ owing: [owing('bt'), owing('cdn', down)] }));
    assert.deepEqual(actionsOf({ status, cause, until }), ['retry', 'pause', 'cancel', 'limits']);
  });
});
