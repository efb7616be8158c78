/** What we use of bittorrent-tracker 11.2.3; `_trackers` and `_request` are private. */
declare module 'bittorrent-tracker' {
  interface HttpTracker {
    readonly destroyed: boolean;
    /** What ends the requests that are under way. */
    readonly cleanupFns: (() => void)[];
    readonly maybeDestroyCleanup: (() => void) | null;
    /** Asks again every so many ms; a default if left out. */
    setInterval: (this: HttpTracker, ms?: number) => void;
    _request: (
      this: HttpTracker,
      url: string,
      parameters: Readonly<Record<string, string | number | Uint8Array>>,
      callback: (error: unknown, data?: object) => void,
    ) => Promise<void>;
  }

  export class Client {
    constructor(options: { infoHash: string; peerId: string; port: number; announce: string[]; wrtc: false });
    readonly _trackers: readonly HttpTracker[];
    destroy(): void;
  }
}
