declare module 'bittorrent-tracker/client' {
  import type { EventEmitter } from 'node:events';

  export default class Client extends EventEmitter<{ update: [unknown]; warning: [Error]; error: [Error] }> {
    constructor(options: { infoHash: Uint8Array; peerId: Uint8Array; announce: string[]; port: number });
    start(): void;
    stop(): void;
    destroy(): void;
  }
}
