import assert from 'node:assert/strict';
import { DeliveryMeter } from '../../src/demo/meter.ts';
import { parseOptions } from '../../src/demo/options.ts';
import { jsonFailure, jsonReport } from '../../src/demo/report/json.ts';
import type { Outcome } from '../../src/demo/report/outcome.ts';
import { actualRatio } from '../../src/demo/report/ratio.ts';
import { tableReport } from '../../src/demo/report/table.ts';

const MIB = 1024 * 1024;

const OUTCOME: Outcome = {
  source: '/films/A',
  name: 'A',
  bytes: 100 * MIB,
  files: 12,
  ratio: { bt: 2, obs: 1, cdn: 1 },
  methods: {
    bt: { bytes: 100 * MIB, seconds: 4 },
    obs: { bytes: 60 * MIB, seconds: 2 },
    cdn: { bytes: 40 * MIB, seconds: 1 },
  },
  btFrom: new Map([
    ['cacher', 80 * MIB],
    ['sender', 20 * MIB],
  ]),
  receivers: [
    { name: 'receiver-1', seconds: 4.00049, differences: [] },
    { name: 'receiver-2', seconds: 4.5, differences: [] },
  ],
  phases: [
    { name: 'package', seconds: 1 },
    { name: 'receive', seconds: 4.5 },
  ],
  seconds: 7.1234567,
};
const BROKEN: Outcome = {
  ...OUTCOME,
  receivers: [{ name: 'receiver-1', seconds: 4, differences: ['missing: a', 'stray file: b'] }],
};

describe('demo JSON report', () => {
  it('has exactly the shape that is promised', () => {
    assert.deepEqual(jsonReport(OUTCOME), {
      ok: true,
      source: '/films/A',
      bytes: 100 * MIB,
      files: 12,
      seconds: 7.123,
      ratio: { target: '2:1:1', actual: '2.00:1.20:0.80' },
      methods: { bt: { bytes: 100 * MIB }, obs: { bytes: 60 * MIB }, cdn: { bytes: 40 * MIB } },
      receivers: [
        { name: 'receiver-1', ok: true, verified: true, seconds: 4 },
        { name: 'receiver-2', ok: true, verified: true, seconds: 4.5 },
      ],
    });
  });

  it('is not ok when one receiver differs, and says how', () => {
    const { ok, receivers, error } = jsonReport(BROKEN);
    assert.equal(ok, false);
    assert.deepEqual(receivers, [{ name: 'receiver-1', ok: false, verified: false, seconds: 4 }]);
    assert.equal(error, 'receiver-1: missing: a; receiver-1: stray file: b');
  });

  it('has the same keys when the demo could not run', () => {
    const options = parseOptions(['--ratio', '1:0:1']);
    assert.ok(options !== 'help');
    const { error, ...report } = jsonFailure(options, 1.23456, 'sender ended by itself');
    assert.deepEqual(Object.keys(report), Object.keys(jsonReport(OUTCOME)));
    assert.deepEqual([report.ok, report.source, report.seconds], [false, 'synthetic', 1.235]);
    assert.equal(error, 'sender ended by itself');
  });
});

describe('demo table', () => {
  it('says what moved how, what was checked and how long it took', () => {
    assert.equal(
      tableReport(OUTCOME),
      `Package  A: 100.0 MiB in 12 files
Ratio    target 2:1:1, actual 2.00:1.20:0.80 (bt:obs:cdn)

method  bytes (2 receivers)  share   rate
bt      100.0 MiB            50.0 %  25.0 MiB/s  from cacher 80.0 MiB, sender 20.0 MiB
obs     60.0 MiB             30.0 %  30.0 MiB/s
cdn     40.0 MiB             20.0 %  40.0 MiB/s

receiver    verification               time
receiver-1  12 files equal the source  4.0 s
receiver-2  12 files equal the source  4.5 s

Time     package 1.0 s, receive 4.5 s, total 7.1 s
`,
    );
  });

  it('lists the differences, and not too many', () => {
    const table = tableReport(BROKEN);
    assert.match(table, /receiver-1 {2}2 DIFFERENCES/);
    assert.match(table, /\nreceiver-1: missing: a\nreceiver-1: stray file: b\n/);
    const differences = Array.from({ length: 15 }, (_, index) => `missing: ${index}`);
    const many = tableReport({ ...OUTCOME, receivers: [{ name: 'r', seconds: 1, differences }] });
    assert.match(many, /r: missing: 9\nr: and 5 more\n/);
  });

  it('says how much of bt came from it does not know whom', () => {
    const btFrom = new Map([['cacher', 30 * MIB]]);
    assert.match(tableReport({ ...OUTCOME, btFrom }), /from cacher 30\.0 MiB, not counted 70\.0 MiB\n/);
  });

  it('has no rate for a method that had no share', () => {
    const methods = { ...OUTCOME.methods, obs: { bytes: 0, seconds: 0 } };
    assert.match(tableReport({ ...OUTCOME, methods }), /obs {5}0 B +0\.0 % +-\n/);
  });
});

describe('demo ratio', () => {
  it('is on the scale of the target', () => {
    assert.equal(actualRatio({ bt: 50, obs: 25, cdn: 25 }, { bt: 2, obs: 1, cdn: 1 }), '2.00:1.00:1.00');
    assert.equal(actualRatio({ bt: 50, obs: 0, cdn: 150 }, { bt: 1, obs: 0, cdn: 1 }), '0.50:0.00:1.50');
    assert.equal(actualRatio({ bt: 0, obs: 0, cdn: 0 }, { bt: 1, obs: 1, cdn: 1 }), '0.00:0.00:0.00');
  });
});

describe('demo meter', () => {
  let now = 0;
  const flow = (bytes: number, total: number, sources = {}) => ({ state: 'running', bytes, total, rate: 10, sources });
  const meter = (receivers: number) => {
    now = 1_000;
    return new DeliveryMeter(receivers, { monotonic: () => now });
  };

  it('adds up the latest report of each receiver', () => {
    const m = meter(2);
    m.record('receiver-1', { bt: flow(1, 100), obs: flow(0, 50) });
    m.record('receiver-1', { bt: flow(30, 100), obs: flow(5, 50) });
    m.record('receiver-2', { bt: flow(20, 100), obs: flow(0, 50) });
    assert.deepEqual(m.flows().bt, { bytes: 50, total: 200, rate: 20 });
    assert.deepEqual(m.flows().obs, { bytes: 5, total: 100, rate: 20 });
    assert.deepEqual(m.flows().cdn, { bytes: 0, total: 0, rate: 0 });
  });

  it("takes a method's time until the last receiver has its share", () => {
    const m = meter(2);
    now = 3_000;
    m.record('receiver-1', { bt: flow(100, 100), obs: flow(50, 50) });
    now = 5_000;
    m.record('receiver-2', { bt: flow(100, 100), obs: flow(0, 50) });
    now = 9_000;
    m.record('receiver-2', { bt: flow(100, 100), obs: flow(50, 50) });
    assert.deepEqual(m.results().bt, { bytes: 200, seconds: 4 });
    assert.deepEqual(m.results().obs, { bytes: 100, seconds: 8 });
    assert.deepEqual(m.results().cdn, { bytes: 0, seconds: 0 });
  });

  it('adds up the peers of all receivers', () => {
    const m = meter(2);
    m.record('receiver-1', { bt: flow(3, 3, { '127.0.0.1:1': 1, '127.0.0.1:2': 2 }) });
    m.record('receiver-2', { bt: flow(3, 3, { '127.0.0.1:2': 3 }) });
    assert.deepEqual(
      [...m.btSources()],
      [
        ['127.0.0.1:1', 1],
        ['127.0.0.1:2', 5],
      ],
    );
  });
});
