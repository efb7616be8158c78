import { basename, dirname, join, relative } from 'node:path';
import { checkSegment } from './names.ts';

const SIGNED = '.signed.json';

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

  /** Where a task's list of signed addresses stands; `address` is what the task says of it, which keeps its name. Tasks that name one list share it. */
  signedListPath(taskFileName: string, address = ''): string {
    return join(this.#published, listNameIn(address) ?? `${taskFileName.replace(/\.task\.json$/, '')}${SIGNED}`);
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

function listNameIn(address: string): string | undefined {
  try {
    const name = checkSegment(basename(decodeURIComponent(new URL(address).pathname)));
    return name.endsWith(SIGNED) ? name : undefined;
  } catch {
    return undefined;
  }
}

/** The address of something in the storage: `<domain>/dcp/<path below the root>` (BD-21). Segments are encoded. */
export function publishedUrl(domain: string, root: string, path: string): string {
  return `${domain}/dcp/${relative(root, path).split('/').map(encodeURIComponent).join('/')}`;
}
