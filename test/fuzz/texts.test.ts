import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { METHODS } from '../../src/core/method.ts';
import { parseListen } from '../../src/core/listen.ts';
import { parseDeadline } from '../../src/task/deadline.ts';
import { parseObsUrl } from '../../src/task/obs-url.ts';
import { parseRatio } from '../../src/task/ratio.ts';
import { Timetable } from '../../src/task/timetable.ts';
import { TimetableError } from '../../src/task/timetable-text.ts';
import { fuzz } from './fuzz.ts';
import { mutatedBytes } from './mutated.ts';

const texts = (samples: string[], words: string[]) => mutatedBytes(samples, words).map(bytes => bytes.toString());

/** ms since the epoch, 2000 to 2100. */
const moments = fc.integer({ min: 946_684_800_000, max: 4_102_444_800_000 });

function read(text: string): Timetable | undefined {
  try {
    return Timetable.parse(text, { allows24: true });
  } catch (error) {
    assert.ok(error instanceof TimetableError && /^character [1-9]\d*: /.test(error.message), String(error));
    return undefined;
  }
}

describe('fuzz: texts inside of what others send', () => {
  fuzz({
    name: 'BW-01 … BW-05 windows',
    inputs: fc.tuple(
      texts(
        [
          '08:00-18:00',
          '22:30-05:15',
          '00:00-24:00',
          'Mon-Fri 00:00-08:00 20M; Sat,Sun 00:00-00:00; Mon-Fri 08:00-00:00 512K',
        ],
        ['24:00', '-', ':', '23:59', '60', ';', ',', ' ', 'Sun', 'monday', '1.5', 'KiB', 'off', '0'],
      ),
      moments,
    ),
    runs: 4000,
    refusals: [],
    check: ([text, at]) => {
      const timetable = read(text);
      if (!timetable) return;
      assert.equal(Timetable.parse(timetable.text).text, timetable.text);
      const [opening, closing] = [timetable.nextOpening(at), timetable.closing(at)];
      assert.ok(opening >= at && opening - at < 15 * 24 * 3_600_000 && timetable.isOpen(opening));
      assert.ok(closing === Infinity ? timetable.isWholeDay : closing >= at && !timetable.isOpen(closing));
      const { opens, closes } = timetable.period(at);
      assert.ok(opens < closes, `${opens} ${closes}`);
      assert.match(timetable.nearestWindow(), /^\d\d:\d\d-\d\d:\d\d$/);
    },
  });

  fuzz({
    name: 'decision 12 deadlines',
    inputs: texts(
      ['2026-11-27 18:00', '2026-02-28 23:59:59'],
      ['0000', '9999', '-', ':', ' ', 'T', 'Z', '31', '29', '24', '60', '+08:00'],
    ),
    runs: 4000,
    refusals: ['PARAMETER_INVALID'],
    check: text => {
      const { text: whole, at } = parseDeadline(text);
      assert.match(whole, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
      assert.ok(Number.isFinite(at) && whole.startsWith(text));
    },
  });

  fuzz({
    name: 'BO-02 addresses in buckets',
    inputs: texts(
      ['obs://cfec-001/dcps/film', 'obs://a.b-c/战狼 2'],
      ['obs://', '/', '//', '..', 'OBS', '@', '?', '#'],
    ),
    runs: 4000,
    refusals: ['TASK_FILE_INVALID'],
    check: text => {
      const { bucket, prefix } = parseObsUrl(text);
      assert.equal(`obs://${bucket}/${prefix}`, text);
      assert.match(bucket, /^[a-z0-9.-]{3,63}$/);
      assert.ok(prefix !== '' && !prefix.endsWith('/'));
    },
  });

  fuzz({
    name: 'P-010 ratios',
    inputs: texts(['1:1:1', '10:0:0', '2:1:1'], [':', '0:0:0', '+1', '1.5', '１']),
    runs: 2000,
    refusals: ['RATIO_INVALID'],
    check: text => {
      const ratio = parseRatio(text);
      assert.ok(METHODS.every(method => Number.isSafeInteger(ratio[method]) && ratio[method] >= 0));
      assert.ok(METHODS.some(method => ratio[method] > 0));
    },
  });

  fuzz({
    name: 'addresses to listen on',
    inputs: texts(['127.0.0.1:80', '[::1]:65535', 'localhost:0', ''], ['[', ']', ':', '65536', '::']),
    runs: 2000,
    refusals: ['CONFIG_INVALID'],
    check: text => {
      const address = parseListen(text, 'key');
      assert.equal(address === undefined, text === '');
      assert.ok(!address || (address.host !== '' && address.port >= 0 && address.port <= 65_535));
    },
  });
});
