import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../e2e/nodes.ts';
import { Program } from './program.ts';
import { isThere, reached, type Site } from './site.ts';

/** nginx on the published tree of the sender, as a CDN's edge or a plain web server would be. Resolves with its base URL. */
export async function startNginx(site: Site): Promise<string> {
  const prefix = join(site.fleet.root, 'nginx');
  const port = await freePort();
  await mkdir(join(prefix, 'logs'), { recursive: true });
  await writeFile(join(prefix, 'nginx.conf'), configuration(join(site.fleet.root, 'sender', 'dcp'), port));
  const program = new Program('nginx', ['-p', prefix, '-c', join(prefix, 'nginx.conf')]);
  await reached(async () => {
    if (program.child.exitCode !== null) throw new Error(`nginx ended: ${program.said}`);
    return await isThere(join(prefix, 'nginx.pid'));
  });
  return `http://127.0.0.1:${port}`;
}

function configuration(root: string, port: number): string {
  return `daemon off;
master_process off;
user root;
pid nginx.pid;
error_log stderr error;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  keepalive_requests 100000;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server { listen 127.0.0.1:${port}; location /dcp/ { alias ${root}/; } }
}
`;
}
