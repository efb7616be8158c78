import assert from 'node:assert/strict';
import { Bitfield } from '../../../src/transports/bt/bitfield.ts';

describe('Bitfield', () => {
  it('puts the first piece into the highest bit', () => {
    const bitfield = new Bitfield(10);
    bitfield.set(0);
    bitfield.set(9);
    assert.deepEqual([...bitfield.bytes], [0x80, 0x40]);
    assert.deepEqual([bitfield.get(0), bitfield.get(1), bitfield.get(9)], [true, false, true]);
    assert.equal(bitfield.count, 2);
  });

  it('reads what it wrote', () => {
    const bitfield = new Bitfield(17);
    bitfield.set(16);
    assert.deepEqual(Bitfield.parse(bitfield.toBase64(), 17), bitfield);
  });

  it('never sets spare bits: strict peers cut a connection for them', () => {
    assert.deepEqual([...Bitfield.parse('all', 10).bytes], [0xff, 0xc0]);
    assert.deepEqual([...new Bitfield(4, Uint8Array.of(0xff)).bytes], [0xf0]);
    assert(Bitfield.parse('all', 10).isFull);
  });

  it('refuses a wrong length and a piece that is not there', () => {
    assert.throws(() => Bitfield.parse('AAAA', 8), /has 1 bytes, not 3/);
    assert.throws(() => new Bitfield(8).set(8), RangeError);
  });
});
