import assert from 'node:assert/strict';
import { PieceBuffers } from '../../../src/transports/bt/engine/piece-buffers.ts';

const MIB = 1024 * 1024;

describe('PieceBuffers', () => {
  it('gives the same memory again, of the length that is asked for', () => {
    const buffers = new PieceBuffers();
    const [long, short] = [buffers.take(MIB), buffers.take(100)];
    assert.notEqual(long.buffer, buffers.take(MIB).buffer);
    buffers.giveBack(long);
    buffers.giveBack(short);
    assert.equal(buffers.take(100).buffer, short.buffer);
    assert.equal(buffers.take(MIB).buffer, long.buffer);
    assert.notEqual(buffers.take(MIB).buffer, long.buffer);
  });

  it('keeps a bounded number of bytes', () => {
    const buffers = new PieceBuffers();
    const taken = Array.from({ length: 40 }, () => buffers.take(MIB));
    for (const each of taken) buffers.giveBack(each);
    const known = new Set(taken.map(({ buffer }) => buffer));
    const again = taken.filter(() => known.has(buffers.take(MIB).buffer));
    assert.equal(again.length, 32);
  });
});
