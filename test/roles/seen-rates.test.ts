import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { type Logger, silentLog } from '../../src/core/log.ts';
import type { Method } from '../../src/core/method.ts';
import { SeenRates } from '../../src/roles/seen-rates.ts';
import { formatLocalTime } from '../../src/core/units.ts';
import { forecast, Openings } from '../../src/task/forecast.ts';
import { Timetable } from '../../src/task/timetable.ts';
import { ManualClock } from '../manual-clock.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const FILM = 'cfec-001-film.task.json';
const HOUR = 3_600_000;
const MIB = 1024 * 1024;
const OFFICE = 'Mon-Fri 00:00-08:00 20M; Sat,Sun 00:00-00:00; Mon-Fri 08:00-00:00 512K';
const local = (text: string) => new Date(text.replace(' ', 'T')).getTime();

describe('roles: the rates that were seen', () => {
  const at = temporaryDirectory();
  let clock: ManualClock;
  beforeEach(() => {
    clock = new ManualClock(1_000_000);
  });
  const open = async (log: Logger = silentLog) => {
    const rates = new SeenRates({ clock, log }, at('state', 'rates.json'));
    await rates.start();
    return rates;
  };
  const note = (rates: SeenRates, bytes: number, ms: number, task = FILM, method: Method = 'cdn', isLast = false) =>
    rates.note({ task, method, bytes, ms, limit: undefined, isHeld: false, isLast });
  /** So many hours at so many bytes/s, a quarter of a minute each look; a fetch begins slowly. */
  const held = (
    rates: SeenRates,
    hours: number,
    speed: number,
    { limit, isHeld = true, task = FILM }: { limit?: number; isHeld?: boolean; task?: string } = {},
  ) => {
    const stretch = { task, method: 'cdn', limit, ms: 15_000, isLast: false } as const;
    rates.note({ ...stretch, bytes: speed, isHeld: false });
    for (let at = 0; at < hours * 240; at++) rates.note({ ...stretch, bytes: speed * 15, isHeld });
  };

  it('are not known before something was fetched for a while', async () => {
    const rates = await open();
    assert.equal(rates.rate(FILM, 'cdn'), undefined);
    note(rates, 5000, 9000);
    assert.equal(rates.rate(FILM, 'cdn'), undefined);
    note(rates, 6000, 2000);
    assert.equal(Math.round(rates.rate(FILM, 'cdn') ?? 0), 1000);
    assert.equal(rates.rate(FILM, 'bt'), undefined);
  });

  it("a task's own counts once it ran for a minute, until it is over", async () => {
    const rates = await open();
    note(rates, 1_000_000, 100_000, 'cfec-001-other.task.json');
    note(rates, 1000, 58_000);
    assert.ok(Number(rates.rate(FILM, 'cdn')) > 5000);
    note(rates, 1000, 5000);
    assert.equal(Math.round(Number(rates.rate(FILM, 'cdn'))), 32);
    rates.forget(FILM);
    assert.ok(Number(rates.rate(FILM, 'cdn')) > 5000);
  });

  describe('under limits', () => {
    const [DAY, NIGHT] = [512 * 1024, 20 * MIB];

    it('a slow hour says nothing of a fast one: the night is forecast at its own rate', async () => {
      const rates = await open();
      held(rates, 8, NIGHT, { limit: NIGHT });
      held(rates, 15, DAY, { limit: DAY });
      const now = local('2026-03-03 23:00');
      const openings = new Openings(Timetable.parse(OFFICE), now);
      const speed = (limit?: number) => rates.rate(FILM, 'cdn', limit);
      const { end } = forecast(now, [{ bytes: 300 * 1024 * MIB, speed, openings }]);
      assert.equal(formatLocalTime(end ?? 0).slice(0, 16), '2026-03-04 04:14');
    });

    it('so it is when only slow hours were ever seen', async () => {
      const rates = await open();
      held(rates, 15, DAY, { limit: DAY });
      assert.equal(rates.rate(FILM, 'cdn', NIGHT), NIGHT);
      assert.equal(Math.round(Number(rates.rate(FILM, 'cdn')) / DAY), 1);
    });

    it('a line that is slower than the night lets it be is known as that, whatever the day was', async () => {
      const rates = await open();
      held(rates, 8, 5 * MIB, { limit: NIGHT, isHeld: false });
      held(rates, 15, DAY, { limit: DAY });
      const mib = (limit?: number) => Number((Number(rates.rate(FILM, 'cdn', limit)) / MIB).toFixed(1));
      assert.deepEqual([mib(NIGHT), mib(2 * NIGHT), mib(), mib(DAY), mib(MIB)], [5, 5, 5, 0.5, 1]);
    });

    it('what was held back later raises what was seen freely, and never lowers it', async () => {
      const rates = await open();
      held(rates, 1, MIB, { isHeld: false });
      held(rates, 1, 3 * MIB, { limit: 3 * MIB });
      assert.equal(Math.round(Number(rates.rate(FILM, 'cdn')) / MIB), 3);
      held(rates, 1, 1000, { limit: 1000 });
      assert.equal(Math.round(Number(rates.rate(FILM, 'cdn')) / MIB), 3);
    });

    it('what tasks share of a limit is what each of them has of it', async () => {
      const rates = await open();
      held(rates, 1, MIB, { limit: 3 * MIB });
      held(rates, 1, 9 * MIB, { limit: 9 * MIB });
      assert.equal(Math.round(Number(rates.rate(FILM, 'cdn', 3 * MIB)) / MIB), 1);
    });

    it("the node's count where the task saw no such limit yet", async () => {
      const rates = await open();
      held(rates, 8, 5 * MIB, { limit: NIGHT, isHeld: false, task: 'cfec-001-other.task.json' });
      held(rates, 1, DAY, { limit: DAY });
      assert.equal(Math.round(Number(rates.rate(FILM, 'cdn', NIGHT)) / MIB), 5);
    });

    it('of many limits the latest are kept, over a restart too', async () => {
      const rates = await open();
      for (let limit = 1; limit <= 100; limit++) held(rates, 1, limit, { limit });
      rates.note({ task: FILM, method: 'cdn', bytes: 0, ms: 1, limit: 100, isHeld: true, isLast: true });
      await rates.stop();
      const kept = JSON.parse(await readFile(at('state', 'rates.json'), 'utf8')) as { cdn: { limit: number }[] };
      assert.deepEqual(
        kept.cdn.map(({ limit }) => limit),
        Array.from({ length: 12 }, (_, index) => 89 + index),
      );
      assert.equal(Math.round(Number((await open()).rate('another', 'cdn', 95))), 95);
    });
  });

  it('fade: after half a day of another speed the old one is hardly seen', async () => {
    const rates = await open();
    for (let hour = 0; hour < 24; hour++) note(rates, 1000 * 3600, HOUR);
    for (let hour = 0; hour < 12; hour++) note(rates, 10 * 3600, HOUR);
    const rate = Number(rates.rate(FILM, 'cdn'));
    assert.ok(rate > 10 && rate < 40, String(rate));
  });

  it('lie between the slowest and the fastest stretch', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(1e9), fc.integer({ min: 15_000, max: HOUR })), { minLength: 1, maxLength: 20 }),
        async stretches => {
          const rates = new SeenRates({ clock, log: silentLog }, at('none', 'rates.json'));
          for (const [bytes, ms] of stretches) note(rates, bytes, ms);
          const each = stretches.map(([bytes, ms]) => (bytes / ms) * 1000);
          const rate = Number(rates.rate('another', 'cdn'));
          await rates.stop();
          assert.ok(rate >= Math.min(...each) * 0.999 && rate <= Math.max(...each) * 1.001);
        },
      ),
      { numRuns: 50 },
    ));

  it("the node's outlive a restart", async () => {
    const rates = await open();
    note(rates, 50_000, 50_000, FILM, 'bt', true);
    await rates.stop();
    const again = await open();
    assert.equal(again.rate(FILM, 'bt'), 1000);
  });

  it('are written at the end of a fetch and every few minutes, not with every stretch', async () => {
    const rates = await open();
    const written = async () => {
      await rates.stop();
      return await readFile(at('state', 'rates.json'), 'utf8').catch(() => '');
    };
    note(rates, 100, 100_000);
    assert.equal(await written(), '');
    clock.advance(180_000);
    note(rates, 100, 100_000);
    const first = await written();
    assert.match(first, /^\{"cdn":\[\{"bytes":/);
    note(rates, 100, 100_000);
    assert.equal(await written(), first);
    note(rates, 100, 100_000, FILM, 'obs', true);
    note(rates, 100, 100_000, FILM, 'bt', true);
    assert.deepEqual(Object.keys(JSON.parse(await written()) as object), ['cdn', 'obs', 'bt']);
  });

  for (const damaged of ['', '{"bt":', '[]', '{"bt":[{"bytes":-1,"ms":5,"heldMs":0}]}', '{"cdn":{"bytes":1,"ms":5}}']) {
    it(`a record ${JSON.stringify(damaged)} is said and begun anew`, async () => {
      await mkdir(at('state'), { recursive: true });
      await writeFile(at('state', 'rates.json'), damaged);
      const said: string[] = [];
      const rates = await open({ ...silentLog, warn: (_: unknown, text?: string) => said.push(text ?? '') });
      assert.equal(said.length, 1);
      assert.match(said[0] ?? '', /^the rates that were seen are seen anew: .*rates\.json cannot be read/);
      note(rates, 20_000, 20_000, FILM, 'bt', true);
      await rates.stop();
      assert.equal((await open()).rate(FILM, 'bt'), 1000);
    });
  }

  it('what cannot be written is said, and does not stop anything', async () => {
    await writeFile(at('state'), 'a file where the directory should be');
    const said: string[] = [];
    const rates = new SeenRates(
      { clock, log: { ...silentLog, warn: (_: unknown, text?: string) => said.push(text ?? '') } },
      at('state', 'rates.json'),
    );
    note(rates, 20_000, 20_000, FILM, 'bt', true);
    await rates.stop();
    assert.match(said.join(), /^the rates that were seen are not kept: /);
    assert.equal(rates.rate(FILM, 'bt'), 1000);
  });
});
