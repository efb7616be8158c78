import assert from 'node:assert/strict';
import { Guesses } from '../../src/api/guesses.ts';
import { ManualClock } from '../manual-clock.ts';

describe('api: guesses of tokens', () => {
  let clock: ManualClock;
  let guesses: Guesses;
  beforeEach(() => {
    clock = new ManualClock();
    guesses = new Guesses({ clock });
  });
  const codeOf = (address: string, isRight = false) => {
    try {
      guesses.check(address, () => isRight);
      return '';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  const guess = (address: string, times: number) => Array.from({ length: times }, () => codeOf(address));

  it('counts by address, of IPv6 by what a line has of them', () => {
    guess('10.0.0.1', 5);
    assert.equal(codeOf('10.0.0.1', true), 'TOO_MANY_TRIES');
    assert.equal(codeOf('10.0.0.2', true), '');
    for (let host = 1; host <= 5; host++) assert.equal(codeOf(`2001:db8:1:2::${host}`), 'UNAUTHORISED');
    assert.equal(codeOf('2001:db8:1:2:3:4:5:6', true), 'TOO_MANY_TRIES');
    assert.equal(codeOf('2001:db8:1:3::1', true), '');
    guess('2001:db8::1', 5);
    assert.equal(codeOf('2001:db8::ffff:2', true), 'TOO_MANY_TRIES');
    assert.equal(codeOf('::ffff:10.0.0.3', true), '');
  });

  it('does not look at what is tried in a pause', () => {
    guess('10.0.0.1', 5);
    assert.throws(() => guesses.check('10.0.0.1', () => assert.fail('looked')), { code: 'TOO_MANY_TRIES' });
  });

  it('forgets an address that was quiet for a quarter of an hour', () => {
    guess('10.0.0.1', 5);
    clock.advance(15 * 60_000);
    assert.deepEqual(guess('10.0.0.1', 5), Array(5).fill('UNAUTHORISED'));
  });

  it('keeps a bounded number of addresses: the oldest go', () => {
    guess('192.0.2.1', 5);
    for (let n = 0; n < 1024; n++) codeOf(`10.0.${n >> 8}.${n & 255}`);
    assert.equal(codeOf('192.0.2.1', true), '');
  });
});
