import { writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { Command } from './foreign-process.ts';
import type { Site, WebServer } from './web-server.ts';

export const nginx: WebServer = {
  name: 'nginx',
  version: { command: 'nginx', args: ['-v'] },
  serve: (site, directory) => configured(site, `alias ${directory}/;`),
};

/** How it is started as a CDN that pulls slices of 1 MiB from an origin, each over a connection of its own, and keeps them. */
export const cachingCdn = (site: Site, originPort: number): Promise<Command> =>
  configured(
    site,
    `
      slice 1m;
      proxy_cache films;
      proxy_cache_key $uri$is_args$args$slice_range;
      proxy_cache_valid 200 206 1h;
      proxy_cache_lock on;
      proxy_http_version 1.1;
      proxy_set_header Range $slice_range;
      proxy_set_header Connection close;
      proxy_pass http://127.0.0.1:${originPort};`,
  );

/** How it is started as a CDN that pulls each range as it is asked for, and keeps nothing. */
export const passingCdn = (site: Site, originPort: number): Promise<Command> =>
  configured(site, `proxy_pass http://127.0.0.1:${originPort};`);

/** `location`: what it does below /dcp/. */
const configured = (site: Site, location: string): Promise<Command> =>
  nginxWith(site, `server { listen 127.0.0.1:${site.port}; location /dcp/ { ${location} } }`);

/** How it is started with servers and what belongs to them. */
export async function nginxWith({ home }: Pick<Site, 'home'>, servers: string): Promise<Command> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    use => `${use}_temp_path ${join(home, use)};`,
  );
  // Started as root it would become another user, who cannot read our directories.
  const config = `
daemon off;
user ${userInfo().username};
pid ${join(home, 'nginx.pid')};
events {}
http {
  access_log off;
  ${temporary.join('\n  ')}
  proxy_cache_path ${join(home, 'cache')} keys_zone=films:1m;
  ${servers}
}`;
  const settings = join(home, 'nginx.conf');
  await writeFile(settings, config);
  return { command: 'nginx', args: ['-e', 'stderr', '-p', home, '-c', settings], cwd: home };
}
