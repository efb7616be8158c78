import assert from 'node:assert/strict';
import Protocol from 'bittorrent-protocol';
import * as fc from 'fast-check';
import type { Wire } from 'webtorrent';
import { parseInPlace } from '../../../src/transports/bt/engine/message-parser.ts';

const HANDSHAKE = Buffer.concat([Buffer.from('\x13BitTorrent protocol'), Buffer.alloc(48, 1)]);
const PIECE = 7;

/** A message as it goes over the line. */
function message(id: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(5 + payload.length);
  bytes.writeUInt32BE(payload.length + 1);
  bytes[4] = id;
  bytes.set(payload, 5);
  return bytes;
}

function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const parts: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    parts.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...parts, bytes.subarray(at)];
}

describe('parseInPlace', () => {
  const original = Object.getOwnPropertyDescriptors(Protocol.prototype);
  before(() => parseInPlace());
  after(() => Object.defineProperties(Protocol.prototype, original));

  it('finds the same messages however they are cut into pieces', () => {
    const blocks = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 8 });
    const lengths = fc.array(fc.nat({ max: 120 }), { maxLength: 60 });
    fc.assert(
      fc.property(blocks, lengths, (blocks, lengths) => {
        const wire: Wire = new Protocol('tcpIncoming', 0);
        const found: Buffer[] = [];
        wire._onPiece = (_piece, _offset, bytes) => void found.push(Buffer.from(bytes));
        const keepAlive = Buffer.alloc(4);
        const sent = blocks.flatMap(block => [message(PIECE, Buffer.concat([Buffer.alloc(8), block])), keepAlive]);
        for (const part of cut(Buffer.concat([HANDSHAKE, ...sent]), lengths)) wire._write(part, () => {});
        assert.deepEqual(
          found,
          blocks.map(block => Buffer.from(block)),
        );
        assert.equal(wire._bufferSize, 0);
      }),
    );
  });

  it('hands over a block that came in one part without copying it', () => {
    const wire: Wire = new Protocol('tcpIncoming', 0);
    let found: Uint8Array = new Uint8Array();
    wire._onPiece = (_piece, _offset, bytes) => (found = bytes);
    const bytes = Buffer.concat([HANDSHAKE, message(PIECE, Buffer.alloc(8 + 1000, 5))]);
    wire._write(bytes, () => {});
    assert.equal(found.length, 1000);
    assert.equal(found.buffer, bytes.buffer);
  });
});
