import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { BulkReader } from '../../../src/transports/http/bulk-reader.ts';

const READ_BYTES = 256 * 1024;
const BLOCKS = 4;

describe('transports/http: reading past the parser', () => {
  it('uses the same few buffers for any number of answers, also where a read brings a head and all that fits behind it', async () => {
    const reader = new BulkReader();
    const socket = { push: () => true, resume: () => undefined, once: () => undefined };
    reader.attach(socket as unknown as Socket);
    const used = new Set<ArrayBufferLike>();
    const read = (head: string) => {
      const { buffer } = reader.onread;
      assert.ok(typeof buffer === 'function');
      const into = buffer();
      used.add(into.buffer);
      into.fill(1);
      Buffer.from(into.buffer).write(head, 'latin1');
      reader.onread.callback(READ_BYTES, into);
    };
    for (let answer = 0; answer < 100; answer++) {
      reader.expectBody();
      const rest = 'HTTP/1.1 206 Partial Content\r\nContent-Length: ';
      const length = BLOCKS * READ_BYTES - `${rest}1048000\r\n\r\n`.length;
      read(`${rest}${length}\r\n\r\n`);
      assert.equal(reader.bodyBytes, length);
      let came = 0;
      for await (const chunk of reader.body(Readable.from([]) as IncomingMessage)) {
        came += chunk.length;
        if (came < length) read('');
      }
      assert.equal(came, length);
    }
    assert.ok(used.size <= 3, `${used.size} buffers`);
  });
});
