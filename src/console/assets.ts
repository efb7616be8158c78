/** One file of the console, as it is served. */
export interface Asset {
  /** From the root of the listener, as `/index.html`. */
  readonly path: string;
  /** Content type. */
  readonly type: string;
  readonly body: Buffer;
  /** The same, compressed by Brotli. */
  readonly brotli: Buffer;
  /** Of the body, with its quotes. */
  readonly etag: string;
}

/** The files of the console by path; `/index.html` is the page that all routes of it are answered with. */
export function consoleAssets(): Promise<ReadonlyMap<string, Asset>> {
  return Promise.resolve(new Map());
}
