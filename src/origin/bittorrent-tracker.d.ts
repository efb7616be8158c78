declare module 'bittorrent-tracker/server' {
  import type { EventEmitter } from 'node:events';
  import type { Server as HttpServer } from 'node:http';

  export default class Server extends EventEmitter<{ warning: [Error]; error: [Error]; listening: [] }> {
    constructor(options: {
      http: boolean;
      udp: boolean;
      ws: boolean;
      stats: boolean;
      trustProxy: boolean;
      interval: number;
    });
    readonly http: HttpServer;
    readonly udp: { address(): { port: number } };
    /** Hosts per protocol. */
    listen(port: number, hosts: { udp: string }): void;
    close(callback: () => void): void;
  }
}
