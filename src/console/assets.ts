import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress } from 'node:zlib';

/** A file of the console, as it goes over the line. */
export interface Asset {
  /** Path of its URL: `/index.html`, `/assets/main-5D3K2A.js`. Those below `/assets/` have a hash in the name and never change. */
  readonly path: string;
  readonly type: string;
  readonly body: Buffer;
  readonly brotli: Buffer;
  /** Quoted, as the header has it. */
  readonly etag: string;
}

/** Where `npm run package` puts the built files. A checkout has none. */
const BUILT = fileURLToPath(new URL('../../dist/console', import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  // Pages of the documentation keep the names that refusals give them; they are HTML by then.
  '.md': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.png': 'image/png',
};
const compress = promisify(brotliCompress);

let assets: Promise<ReadonlyMap<string, Asset>> | undefined;

/** What the browser loads, by path. Read, or in a checkout built, when first asked for; a failure is not kept. */
export function consoleAssets(): Promise<ReadonlyMap<string, Asset>> {
  assets ??= load().catch((error: unknown) => {
    assets = undefined;
    throw error;
  });
  return assets;
}

async function load(): Promise<ReadonlyMap<string, Asset>> {
  const files = (await readBuilt(BUILT)) ?? (await build());
  const made = await Promise.all([...files].map(([path, body]) => asset(path, body)));
  return new Map(made.map(one => [one.path, one]));
}

/** The bundler is for development only: a package brings the built files instead. */
async function build(): Promise<ReadonlyMap<string, Buffer>> {
  const { bundle } = await import('./bundle.ts').catch((cause: unknown) => {
    throw new Error('the console was not built, and its bundler is not installed: npm install', { cause });
  });
  return await bundle();
}

async function readBuilt(directory: string): Promise<ReadonlyMap<string, Buffer> | undefined> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
  if (paths.length === 0) return undefined;
  const urlPath = (path: string) => path.slice(directory.length).split(sep).join('/');
  return new Map(await Promise.all(paths.map(async path => [urlPath(path), await readFile(path)] as const)));
}

async function asset(path: string, body: Buffer): Promise<Asset> {
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const type = TYPES[extname(path)] ?? 'application/octet-stream';
  return { path, type, body, brotli: await compress(body), etag };
}
