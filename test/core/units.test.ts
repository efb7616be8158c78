import assert from 'node:assert/strict';
import { formatBytes, formatIsoTime, formatLocalTime, formatPercent, formatRate } from '../../src/core/units.ts';
import { inTimeZone } from '../time-zone.ts';

const KIB = 1024;

describe('core: figures for people', () => {
  for (const [zone, text] of [
    ['UTC', '2026-11-21T12:45:07+00:00'],
    ['Asia/Shanghai', '2026-11-21T20:45:07+08:00'],
    ['America/St_Johns', '2026-11-21T09:15:07-03:30'],
    ['Asia/Kathmandu', '2026-11-21T18:30:07+05:45'],
  ] as const) {
    it(`a moment as ISO 8601 with the offset of ${zone}`, () =>
      inTimeZone(zone, () => {
        const at = Date.UTC(2026, 10, 21, 12, 45, 7);
        assert.equal(formatIsoTime(at), text);
        assert.equal(Date.parse(text), at);
      }));
  }

  it('BP-09: a rate in B/s up to 9999, in K/s up to 9999 KiB, then in M/s, rounded; nothing without transfer', () => {
    const rates: [number, string][] = [
      [0, ''],
      [-1, ''],
      [1, '1 B/s'],
      [9999, '9999 B/s'],
      [10_000, '10 K/s'],
      [1_048_576, '1024 K/s'],
      [9999 * KIB, '9999 K/s'],
      [9999 * KIB + 1, '10 M/s'],
      [125_000_000, '119 M/s'],
    ];
    for (const [bytes, text] of rates) assert.equal(formatRate(bytes), text, String(bytes));
  });

  it('BP-08, C-16: a share in percent has three decimals, for example those of 4.1.2', () => {
    assert.equal(formatPercent(933_597_669, 942_225_235), '99.084%');
    assert.equal(formatPercent(8_627_566, 942_225_235), '0.916%');
    assert.equal(formatPercent(0, 942_225_235), '0.000%');
    assert.equal(formatPercent(5, 5), '100.000%');
    assert.equal(formatPercent(0, 0), '0.000%');
  });

  it('gives sizes in binary units', () => {
    const sizes = [0, 1023, 1024, 10 * KIB, 942_225_235, 200 * KIB ** 3, 5000 * KIB ** 4].map(formatBytes);
    assert.deepEqual(sizes, ['0 B', '1023 B', '1.00 KiB', '10.0 KiB', '898.6 MiB', '200.0 GiB', '5000.0 TiB']);
  });

  it('BT-10: gives local time as YYYY-MM-DD HH:MM:SS', () => {
    assert.equal(formatLocalTime(new Date(2021, 3, 9, 2, 4, 5).getTime()), '2021-04-09 02:04:05');
    assert.equal(formatLocalTime(new Date(2021, 11, 31, 23, 59, 59, 999).getTime()), '2021-12-31 23:59:59');
  });
});
