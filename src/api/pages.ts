import type { Context, Next } from 'koa';
import type { Asset } from '../console/assets.ts';
import { PAGE_POLICY } from './headers.ts';

/** The console finds its own way below these. */
const ROUTES = /^\/(?:(?:tasks|schedule|nodes|history|settings)(?:\/|$)|$)/;
/** Their names change with their content. */
const HASHED = '/assets/';
const YEAR_SECONDS = 365 * 24 * 60 * 60;

/** The pages of the console. They hold nothing that is worth a token. `assets` is not called before one is asked for. */
export function consolePages(assets: () => Promise<ReadonlyMap<string, Asset>>) {
  return async (ctx: Context, next: Next): Promise<void> => {
    const asset = isRead(ctx) ? await find(assets, ctx.path) : undefined;
    if (asset) answer(ctx, asset);
    else await next();
  };
}

const isRead = ({ method }: Context) => method === 'GET' || method === 'HEAD';
/** Only names of files may be assets: other paths are the API's. */
const isFile = (path: string) => /\.[a-z0-9]+$/.test(path) && !path.startsWith('/api/');

async function find(assets: () => Promise<ReadonlyMap<string, Asset>>, path: string): Promise<Asset | undefined> {
  if (isFile(path)) {
    const file = (await assets()).get(path);
    if (file) return file;
  }
  return ROUTES.test(path) ? (await assets()).get('/index.html') : undefined;
}

function answer(ctx: Context, { path, type, body, brotli, etag }: Asset): void {
  const isBrotli = ctx.acceptsEncodings('br', 'identity') === 'br';
  ctx.set({
    'content-security-policy': PAGE_POLICY,
    'cache-control': path.startsWith(HASHED) ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache',
    vary: 'accept-encoding',
    // Two encodings are two representations (RFC 9110, 8.8.3.3).
    etag: isBrotli ? etag.replace(/"$/, '-br"') : etag,
    ...(isBrotli ? { 'content-encoding': 'br' } : {}),
  });
  ctx.status = 200;
  ctx.type = type;
  if (ctx.fresh) ctx.status = 304;
  else ctx.body = isBrotli ? brotli : body;
}
