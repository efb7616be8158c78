import { once } from 'node:events';
import { access, mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { until } from '../transports/until.ts';
import { ForeignProcesses, run } from './foreign-process.ts';

export const ACCESS_KEY = 'test:tester';
export const SECRET_KEY = 'testing';
const PACKAGES = ['swift-proxy', 'swift-account', 'swift-container', 'swift-object'];
const STORES = ['account', 'container', 'object'] as const;
const PYTHON = '/usr/bin/python3';
/** Unpacked once for all runs; what npm does not know under this name it leaves alone. */
const UNPACKED = join(import.meta.dirname, '../../node_modules/.cache/swift');

/**
 * OpenStack Swift with its S3 interface: an object server by other people. Its Debian packages are unpacked, not installed: it needs no root and leaves
 * nothing on the machine.
 */
export class Swift {
  readonly url: string;
  readonly port: number;
  readonly #directory: string;
  readonly #servers = new ForeignProcesses();

  private constructor(directory: string, port: number) {
    this.#directory = directory;
    this.port = port;
    this.url = `http://127.0.0.1:${port}`;
  }

  static async start(): Promise<Swift> {
    await unpack();
    const directory = await mkdtemp(join(tmpdir(), 'swift-'));
    const [port = 0, ...storePorts] = await freePorts(1 + STORES.length);
    const swift = new Swift(directory, port);
    await mkdir(join(directory, 'srv/d1'), { recursive: true });
    await swift.#write('swift.conf', '[swift-hash]\nswift_hash_path_prefix = a\nswift_hash_path_suffix = b\n');
    await swift.#write('run.py', RUN);
    for (const [index, store] of STORES.entries()) await swift.#addStore(store, storePorts[index] ?? 0);
    await swift.#write('proxy.conf', proxyConf(directory, port));
    for (const server of [...STORES, 'proxy']) swift.#servers.start(swift.#python(join(directory, 'run.py'), server));
    await until(
      'swift answers',
      () =>
        fetch(swift.url).then(
          () => true,
          () => false,
        ),
      60_000,
    );
    return swift;
  }

  async stop(): Promise<void> {
    await this.#servers.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #addStore(store: (typeof STORES)[number], port: number): Promise<void> {
    const { username } = userInfo();
    const paths = `devices = ${this.#directory}/srv\nmount_check = false\nswift_dir = ${this.#directory}`;
    const common = `[DEFAULT]\nbind_ip = 127.0.0.1\nbind_port = ${port}\n${paths}\nuser = ${username}\nworkers = 1\n`;
    const app = `[pipeline:main]\npipeline = ${store}-server\n[app:${store}-server]\nuse = egg:swift#${store}\n`;
    await this.#write(`${store}.conf`, common + app);
    const builder = join(this.#directory, `${store}.builder`);
    const device = `r1z1-127.0.0.1:${port}/d1`;
    for (const command of [['create', '6', '1', '1'], ['add', device, '1'], ['rebalance']])
      await run(this.#python(join(UNPACKED, 'usr/bin/swift-ring-builder'), builder, ...command));
  }

  #write(name: string, text: string): Promise<void> {
    return writeFile(join(this.#directory, name), text);
  }

  #python(...args: string[]) {
    const path = `PYTHONPATH=${UNPACKED}/usr/lib/python3/dist-packages`;
    const libraries = `LD_LIBRARY_PATH=${UNPACKED}/usr/lib/x86_64-linux-gnu:${UNPACKED}/usr/lib/aarch64-linux-gnu:${UNPACKED}/usr/lib`;
    return { command: 'env', args: [path, libraries, PYTHON, ...args], cwd: this.#directory };
  }
}

/** What the packages need and this machine does not have is unpacked with them. */
async function unpack(): Promise<void> {
  if (
    await access(UNPACKED).then(
      () => true,
      () => false,
    )
  )
    return;
  const plan = await run({ command: 'apt-get', args: ['install', '-s', '--no-install-recommends', ...PACKAGES] });
  const names = [...plan.matchAll(/^Inst (\S+)/gm)].map(match => match[1] ?? '');
  await mkdir(join(UNPACKED, '..'), { recursive: true });
  const archives = await mkdtemp(join(tmpdir(), 'swift-packages-'));
  const half = await mkdtemp(`${UNPACKED}-half-`);
  try {
    await run({ command: 'apt-get', args: ['download', ...names], cwd: archives });
    for (const archive of await readdir(archives))
      await run({ command: 'dpkg', args: ['-x', join(archives, archive), half] });
    await rename(half, UNPACKED);
  } finally {
    await rm(archives, { recursive: true, force: true });
    await rm(half, { recursive: true, force: true });
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map(server => once(server, 'listening')));
  const ports = servers.map(server => (server.address() as AddressInfo).port);
  await Promise.all(servers.map(server => once(server.close(), 'close')));
  return ports;
}

/** Swift looks for its configuration in /etc unless it is told otherwise. */
const RUN = `import os, sys
directory = os.path.dirname(os.path.abspath(__file__))
import swift.common.utils as utils
utils.SWIFT_CONF_FILE = directory + '/swift.conf'
from swift.common.wsgi import run_wsgi
name = sys.argv[1]
sys.argv = sys.argv[:1]
sys.exit(run_wsgi('%s/%s.conf' % (directory, name), name + '-server'))
`;

function proxyConf(directory: string, port: number): string {
  const filters = [
    'catch_errors',
    'gatekeeper',
    'cache',
    'listing_formats',
    'bulk',
    's3api',
    'tempauth',
    'copy',
    'slo',
  ];
  const settings: Record<string, string> = {
    cache: 'use = egg:swift#memcache\nmemcache_servers = 127.0.0.1:1\n',
    s3api: 'use = egg:swift#s3api\nlocation = us-east-1\nmin_segment_size = 102400\n',
    tempauth: `use = egg:swift#tempauth\nuser_${ACCESS_KEY.replace(':', '_')} = ${SECRET_KEY} .admin\n`,
    slo: 'use = egg:swift#slo\nmax_manifest_segments = 10000\n',
  };
  const sections = filters.map(name => `[filter:${name}]\n${settings[name] ?? `use = egg:swift#${name}\n`}`);
  return `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
swift_dir = ${directory}
user = ${userInfo().username}
workers = 1
[pipeline:main]
pipeline = ${filters.join(' ')} proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
${sections.join('')}`;
}
