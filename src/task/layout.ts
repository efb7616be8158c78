import { basename, dirname, join, relative } from 'node:path';

/** Where a package and what is published with it lie at a sender, below its storage root (BD-14, BD-15, BN-003). */
export class Layout {
  readonly packagePath: string;

  /** `packagePath` is `<root>/<basesubdir>/dcps/<name>`, absolute. */
  constructor(packagePath: string) {
    this.packagePath = packagePath;
  }

  static at(root: string, basesubdir: string, name: string): Layout {
    return new Layout(join(root, basesubdir, 'dcps', name));
  }

  get torrentPath(): string {
    return `${this.packagePath}.torrent`;
  }

  get tmpTorrentPath(): string {
    return join(this.#published, `${this.name}-tmp.torrent`);
  }

  get signedListPath(): string {
    return join(this.#published, `${this.name}.signed.json`);
  }

  /** Where a task of this package stands for receivers to fetch. */
  publishedTaskPath(taskFileName: string): string {
    return join(this.#published, taskFileName);
  }

  get name(): string {
    return basename(this.packagePath);
  }

  get #published(): string {
    return join(dirname(dirname(this.packagePath)), 'dcps-tmp');
  }
}

/** The address of something in the storage: `<domain>/dcp/<path below the root>` (BD-21). Segments are encoded. */
export function publishedUrl(domain: string, root: string, path: string): string {
  return `${domain}/dcp/${relative(root, path).split('/').map(encodeURIComponent).join('/')}`;
}
