declare module 'bittorrent-tracker' {
  import type { EventEmitter } from 'node:events';
  import type { Server as HttpServer } from 'node:http';

  export class Server extends EventEmitter<{ warning: [Error]; error: [Error] }> {
    constructor(options: {
      http: boolean;
      udp: boolean;
      ws: boolean;
      stats: boolean;
      trustProxy: boolean;
      interval: number;
    });
    readonly http: HttpServer;
    close(callback: () => void): void;
  }
}
