import { access, chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../e2e/nodes.ts';
import { Program, run, timed } from './program.ts';
import { isThere, reached } from './site.ts';

const LIBTORRENT_FETCH = new URL('libtorrent-fetch.py', import.meta.url).pathname;
/** Debian's own, which has Debian's modules. */
const PYTHON = '/usr/bin/python3';

/** Foreign BitTorrent clients that fetch a torrent into an empty directory. Each gives the seconds until it has every byte. */
export class TorrentClients {
  readonly #directory: string;
  readonly #torrent: string;

  /** `directory`: theirs alone. */
  constructor(directory: string, torrent: string) {
    this.#directory = directory;
    this.#torrent = torrent;
  }

  /** Stands for itself until its process has ended: it checks what it has and leaves. */
  aria2(): Promise<number> {
    return this.#into(async target => {
      const port = String(await freePort());
      const alone = ['--enable-dht=false', '--bt-enable-lpd=false', '--enable-peer-exchange=false', '--seed-time=0'];
      const options = ['--quiet', '--no-conf', '--file-allocation=none', `--listen-port=${port}`, `--dir=${target}`];
      return () => run('aria2c', [...options, ...alone, this.#torrent]);
    });
  }

  /** It would seed on: it is ended when it calls its script. */
  transmission(): Promise<number> {
    return this.#into(async target => {
      const [script, mark] = [join(this.#directory, 'done.sh'), join(this.#directory, 'done')];
      await writeFile(script, `#!/bin/sh\n: > '${mark}'\n`);
      await chmod(script, 0o755);
      const state = join(this.#directory, 'transmission');
      await mkdir(state);
      const alone = {
        'dht-enabled': false,
        'utp-enabled': false,
        'lpd-enabled': false,
        'port-forwarding-enabled': false,
      };
      await writeFile(join(state, 'settings.json'), JSON.stringify(alone));
      const options = ['-g', state, '-w', target, '-p', String(await freePort()), '-f', script, '-M'];
      return async () => {
        const program = new Program('transmission-cli', [...options, this.#torrent]);
        await reached(async () => {
          if (program.child.exitCode !== null) throw new Error(`transmission-cli ended: ${program.said}`);
          return await isThere(mark);
        });
        await program.stop();
      };
    });
  }

  libtorrent(): Promise<number> {
    return this.#into(target => Promise.resolve(() => run(PYTHON, [LIBTORRENT_FETCH, this.#torrent, target])));
  }

  async #into(prepare: (target: string) => Promise<() => Promise<void>>): Promise<number> {
    const target = join(this.#directory, 'fetched');
    await mkdir(target, { recursive: true });
    try {
      const fetch = await prepare(target);
      const time = await timed(fetch);
      await access(join(target, 'film'));
      return time;
    } finally {
      await rm(this.#directory, { recursive: true, force: true });
    }
  }
}
