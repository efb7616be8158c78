/** What we use of bittorrent-tracker 11.2.3; `_trackers` and `_request` are private. */
declare module 'bittorrent-tracker' {
  interface HttpTracker {
    _request: (
      this: HttpTracker,
      url: string,
      parameters: object,
      callback: (error: unknown, data?: object) => void,
    ) => Promise<void>;
  }

  export class Client {
    constructor(options: { infoHash: string; peerId: string; port: number; announce: string[]; wrtc: false });
    readonly _trackers: readonly HttpTracker[];
    destroy(): void;
  }
}
