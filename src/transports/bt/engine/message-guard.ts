import Protocol from 'bittorrent-protocol';
import type { Wire } from 'webtorrent';

/** The longest message that is taken: a block of 128 KiB, or a bitfield of two million pieces. Peers announce up to 4 GiB, and it would be kept. */
const LONGEST_MESSAGE = 256 * 1024;

/** Holds for every peer from the first byte on, before a torrent knows of it. */
export function guardMessages(): void {
  guardLength();
  guardHandlers();
}

/** Cuts off peers that announce a message longer than any that makes sense. */
function guardLength(): void {
  const onLength = Protocol.prototype._onMessageLength;
  Protocol.prototype._onMessageLength = function (bytes) {
    if (Buffer.from(bytes).readUInt32BE() <= LONGEST_MESSAGE) return onLength.call(this, bytes);
    deafen(this);
    this.destroy();
  };
}

/** Cuts off a peer whose message makes its handler throw; it would end the process. */
function guardHandlers(): void {
  const process = Protocol.prototype._processBuffer;
  Protocol.prototype._processBuffer = function () {
    try {
      process.call(this);
    } catch (error) {
      deafen(this);
      // The connection ends with it.
      this.emit('error', error instanceof Error ? error : new Error(String(error)));
    }
  };
}

/** What follows is not looked at. */
function deafen(wire: Wire): void {
  wire._parse(Number.MAX_VALUE, () => {});
}
