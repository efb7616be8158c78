import Protocol from 'bittorrent-protocol';
import type { Wire } from 'webtorrent';

/**
 * Takes messages out of what comes in without copying all of it together first, as bittorrent-protocol does for each read from the socket: a message is
 * copied only when it lies across two of them.
 */
export function parseInPlace(): void {
  const seek = Protocol.prototype._processBuffer;
  Protocol.prototype._write = function (data, done) {
    const bytes = this._encryptor ? this._encryptor.decrypt(data) : data;
    this._buffer.push(bytes);
    this._bufferSize += bytes.length;
    this._processBuffer();
    done(null);
  };
  Protocol.prototype._processBuffer = function () {
    while (!this._cryptoSyncPattern && !this._pePending && this._bufferSize >= this._parserSize) {
      this._parser(take(this, this._parserSize));
    }
    if (!this._cryptoSyncPattern || this._bufferSize === 0) return;
    // The handshake of encryption looks for a pattern in all that came; what follows it is one buffer.
    this._buffer = [Buffer.concat(this._buffer)];
    seek.call(this);
  };
}

/** The first `length` bytes; there are as many. */
function take(wire: Wire, length: number): Uint8Array {
  wire._bufferSize -= length;
  const first = wire._buffer[0];
  if (first && first.length > length) {
    wire._buffer[0] = first.subarray(length);
    return first.subarray(0, length);
  }
  if (first?.length === length) return wire._buffer.shift()!;
  return gather(wire._buffer, length);
}

function gather(parts: Uint8Array[], length: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length; ) {
    const part = parts[0]!;
    const taken = part.subarray(0, length - done);
    bytes.set(taken, done);
    done += taken.length;
    if (taken.length === part.length) parts.shift();
    else parts[0] = part.subarray(taken.length);
  }
  return bytes;
}
