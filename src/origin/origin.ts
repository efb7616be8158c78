import type { ListenAddress } from '../core/listen.ts';
import type { Logger } from '../core/log.ts';
import { FileServer } from './file-server.ts';

/** What is published below a `<basesubdir>`: packages with their torrents, and cut torrents with their signed lists (BD-14, BD-15). */
const PUBLISHED = new Set(['dcps', 'dcps-tmp']);

interface OriginOptions {
  readonly root: string;
  readonly address: ListenAddress;
  /** Told of the bytes of files that went out. */
  sent?(bytes: number): void;
}

/** The web server that CDNs and receivers pull from: `/dcp/<path below the storage root>` (BD-21), the published sub-directories only. */
export class Origin extends FileServer {
  constructor(components: { log: Logger }, options: OriginOptions) {
    super(components, {
      name: 'origin',
      addressFrom: 'originlisten',
      ...options,
      prefix: '/dcp/',
      isPublished: ([, directory = '', ...rest]) => PUBLISHED.has(directory) && rest.length > 0,
    });
  }
}
