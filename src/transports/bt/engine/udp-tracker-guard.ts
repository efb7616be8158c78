import dgram, { type Socket } from 'node:dgram';
import type { UdpTracker } from 'bittorrent-tracker';

/** One answer says that we may ask, the next one names peers (BEP 15). */
const MOST_ANSWERS = 2;

/**
 * What throws while a UDP tracker is asked or answers is a complaint like any other, not the end of the process; and a tracker that answers every
 * question with "ask me" is not asked again as fast as the line allows.
 */
export function guardUdpTracker(prototype: UdpTracker): void {
  const request = prototype._request;
  prototype._request = function (options) {
    const sockets: Socket[] = [];
    try {
      withSockets(
        socket => sockets.push(bound(socket)),
        () => request.call(this, options),
      );
    } catch (error) {
      for (const socket of sockets) socket.close();
      this.client.emit('warning', error);
    }
  };
}

/** Shows the sockets that `work` makes. */
function withSockets(seen: (socket: Socket) => void, work: () => void): void {
  const create = dgram.createSocket;
  const make = (...parameters: Parameters<typeof create>) => {
    const socket = create(...parameters);
    seen(socket);
    return socket;
  };
  Object.assign(dgram, { createSocket: make });
  try {
    work();
  } finally {
    Object.assign(dgram, { createSocket: create });
  }
}

function bound(socket: Socket): Socket {
  const emit = socket.emit.bind(socket) as (event: string | symbol, ...parameters: unknown[]) => boolean;
  let answers = 0;
  socket.emit = (event: string | symbol, ...parameters: unknown[]) => {
    if (event !== 'message') return emit(event, ...parameters);
    if (++answers > MOST_ANSWERS) return emit('error', new Error('it answers without end'));
    try {
      return emit(event, ...parameters);
    } catch (error) {
      return emit('error', error);
    }
  };
  return socket;
}
