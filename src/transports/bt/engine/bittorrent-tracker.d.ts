/** What we use of bittorrent-tracker 11.2.3; `_trackers` and `_request` are private. */
declare module 'bittorrent-tracker' {
  interface Tracker {
    /** Asks again every so many ms; a default if left out. */
    setInterval: (this: Tracker, ms?: number) => void;
  }

  export interface HttpTracker extends Tracker {
    readonly destroyed: boolean;
    /** What ends the requests that are under way. */
    readonly cleanupFns: (() => void)[];
    readonly maybeDestroyCleanup: (() => void) | null;
    _request: (
      this: HttpTracker,
      url: string,
      parameters: Readonly<Record<string, string | number | Uint8Array>>,
      callback: (error: unknown, data?: object) => void,
    ) => Promise<void>;
  }

  export interface UdpTracker extends Tracker {
    readonly client: { emit(event: 'warning', error: unknown): void };
    _request: (this: UdpTracker, options: object) => void;
  }

  export class Client {
    constructor(options: { infoHash: string; peerId: string; port: number; announce: string[]; wrtc: false });
    /** In the order of `announce`, each of the kind that its address asks for. */
    readonly _trackers: readonly (HttpTracker | UdpTracker)[];
    destroy(): void;
  }
}
