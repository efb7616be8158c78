import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import * as fc from 'fast-check';
import { type Logger, silentLog } from '../../src/core/log.ts';
import type { Method } from '../../src/core/method.ts';
import { SeenRates } from '../../src/roles/seen-rates.ts';
import { ManualClock } from '../manual-clock.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const FILM = 'cfec-001-film.task.json';
const HOUR = 3_600_000;

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
    rates.note({ task, method, bytes, ms, isLast });

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
    assert.match(first, /^\{"cdn":\{"bytes":/);
    note(rates, 100, 100_000);
    assert.equal(await written(), first);
    note(rates, 100, 100_000, FILM, 'obs', true);
    note(rates, 100, 100_000, FILM, 'bt', true);
    assert.deepEqual(Object.keys(JSON.parse(await written()) as object), ['cdn', 'obs', 'bt']);
  });

  for (const damaged of ['', '{"bt":', '[]', '{"bt":{"bytes":-1,"ms":5}}', '{"cdn":{"bytes":"1","ms":5}}']) {
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
