import assert from 'node:assert/strict';
import { ByteCap } from '../../src/transfer/byte-cap.ts';
import { Meter } from '../../src/transfer/meter.ts';
import { ManualClock } from '../manual-clock.ts';

describe('transfer: byte caps', () => {
  it('count what was asked for before it comes, and what came wrong, and hold', () => {
    const meter = new Meter(new ManualClock());
    let most = 100;
    const cap = new ByteCap('cdn', meter, () => most);
    const first = cap.ask(60);
    assert.equal(cap.left, 40);
    assert.throws(() => cap.ask(41), {
      code: 'CAP_REACHED',
      permanent: true,
      message: /cdn has moved all that cdncap 100 B/,
    });
    meter.add('cdn:80', 20);
    meter.waste('cdn:80', 20);
    first.came(20);
    assert.equal(cap.left, 40);
    first.end();
    first.end();
    assert.equal(cap.left, 80);
    cap.ask(80);
    assert.equal(cap.left, 0);
    most = 0;
    assert.equal(cap.left, Infinity);
  });
});
