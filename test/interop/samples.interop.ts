import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, symlink } from 'node:fs/promises';
import { createServer } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { startApi } from '../api/harness.ts';
import { freePort, until } from '../e2e/nodes.ts';
import { send } from '../raw-request.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';
import { apacheWith } from './apache2.ts';
import { type Command, ForeignProcesses, run } from './foreign-process.ts';
import { nginxWith } from './nginx.ts';
import { startServer } from './server.ts';
import type { Site } from './web-server.ts';

const FILM = 'x'.repeat(1000) + 'end of the film';
const path = (name: string) => `cfec-001/dcps/${name}`;
const TREE = {
  [path('影片 一/pic#1.mxf')]: FILM,
  [path('film.torrent')]: 'torrent',
  'cfec-001/dcps-tmp/film-tmp.torrent': 'torrent',
  [path('film/.hidden')]: 'hidden',
  [path('film/.git/config')]: 'hidden',
  [path('film/pic.mxf.part')]: 'half',
  'cfec-001/upload/pic.mxf': 'not published',
  'pic.mxf': 'not published',
};
const REFUSED = [
  path('film/.hidden'),
  path('film/.git/config'),
  path('film/pic.mxf.part'),
  path('film/link.mxf'),
  path('film/'),
  path('film'),
  'cfec-001/upload/pic.mxf',
  'cfec-001/dcps/../upload/pic.mxf',
  'cfec-001/dcps/%2e%2e/upload/pic.mxf',
  'pic.mxf',
  '',
];
const sample = (name: string) => readFile(new URL(`../../etc/${name}`, import.meta.url), 'utf8');

interface Server {
  readonly start: (site: Site, text: string) => Promise<Command>;
  readonly sample: string;
}
const SERVERS: Readonly<Record<string, Server>> = {
  nginx: { start: nginxWith, sample: 'nginx-origin.conf' },
  apache2: { start: apacheWith, sample: 'apache-origin.conf' },
};

describe('the samples in etc', function () {
  this.timeout(60_000);
  const place = temporaryDirectory();
  const processes = new ForeignProcesses();
  afterEach(async function () {
    const said = await processes.stop();
    if (this.currentTest?.state === 'failed') console.error(said);
  });

  async function checkSettings(command: Command): Promise<void> {
    await run({ ...command, args: [...command.args.filter(one => !['-D', 'FOREGROUND'].includes(one)), '-t'] });
  }

  for (const [name, server] of Object.entries(SERVERS)) {
    it(`${name} serves what is published, with ranges, and nothing else (BD-14, BD-15, BD-21)`, async () => {
      const [root, home, port] = [place('packages'), place('home'), await freePort()];
      await writeFiles(root, TREE);
      await writeFiles(place('outside'), { secret: 'secret' });
      await symlink(place('outside/secret'), join(root, path('film/link.mxf')));
      await mkdir(home);
      for (const directory of [place(), root]) await chmod(directory, 0o755);
      const text = (await sample(server.sample))
        .replace(/^ *listen \[::\].*\n/gm, '')
        .replaceAll('/data/dcp', root)
        .replace('listen 80;', `listen 127.0.0.1:${port};`)
        .replace('*:80', `127.0.0.1:${port}`);
      const command = await server.start({ home, port }, text);
      await checkSettings(command);
      await startServer(processes, command, `http://127.0.0.1:${port}/`);

      const get = (at: string, range?: string) =>
        send(port, { path: at, headers: range === undefined ? {} : { range: `bytes=${range}` } });
      const film = `/dcp/cfec-001/dcps/${encodeURIComponent('影片 一')}/pic%231.mxf`;
      const whole = await get(film);
      assert.deepEqual([whole.status, whole.text, whole.headers['content-type']], [200, FILM, 'application/mxf']);
      const part = await get(film, '1000-1014');
      assert.deepEqual([part.status, part.text], [206, 'end of the film']);
      assert.equal(part.headers['content-range'], `bytes 1000-1014/${FILM.length}`);
      assert.equal((await get(film, '2000-')).status, 416);
      // Many ranges get the whole file, or what one range would have: never more bytes than it has.
      const many = await get(film, Array.from({ length: 100 }, (_, at) => `${at}-`).join(','));
      assert.ok(many.body.length <= FILM.length + 100, `${many.status}: ${many.body.length} bytes`);
      for (const torrent of [path('film.torrent'), 'cfec-001/dcps-tmp/film-tmp.torrent'])
        assert.equal((await get(`/dcp/${torrent}`)).text, 'torrent');
      for (const refused of REFUSED) {
        const { status, text } = await get(`/dcp/${refused}`);
        // nginx sends whoever asks for a directory to the one with a slash, which is refused.
        assert.ok([301, 400, 403, 404].includes(status), `${refused}: ${status} ${text}`);
      }
      const posted = await send(port, { method: 'POST', path: film, body: 'x' });
      assert.ok([403, 405].includes(posted.status), `POST: ${posted.status}`);
    });
  }

  it('nginx passes the console on by TLS, events at once, and leaves pages of others strangers', async () => {
    const api = await startApi();
    const events = createServer((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: first\n\n');
    }).listen(0, '127.0.0.1');
    await once(events, 'listening');
    try {
      const port = await startProxy(api.port, (events.address() as AddressInfo).port);
      assert.equal((await ask(port, '/heartbeat')).status, 200);
      assert.equal((await ask(port, '/heartbeat', { origin: 'https://console.example' })).status, 200);
      assert.equal((await ask(port, '/heartbeat', { origin: 'https://evil.example' })).status, 403);
      // The answer has no end: what arrives was not kept.
      assert.equal((await ask(port, '/stream')).first, 'data: first\n\n');
    } finally {
      events.closeAllConnections();
      events.close();
      await api.stop();
    }
  });

  async function startProxy(consolePort: number, eventsPort: number): Promise<number> {
    const [home, port, plainPort] = [place('home'), await freePort(), await freePort()];
    await mkdir(home);
    const [key, certificate] = [place('key.pem'), place('certificate.pem')];
    const subject = ['-subj', '/CN=console.example', '-days', '2'];
    const pair = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate];
    await run({ command: 'openssl', args: ['req', '-x509', ...pair, ...subject] });
    const text = (await sample('nginx-console.conf'))
      .replace(/^ *listen \[::\].*\n/gm, '')
      .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
      .replace('listen 80', `listen 127.0.0.1:${plainPort}`)
      .replace('/etc/ssl/certs/console.example.pem', certificate)
      .replace('/etc/ssl/private/console.example.key', key)
      .replaceAll('127.0.0.1:2780', `127.0.0.1:${consolePort}`);
    // The same location, in front of what streams.
    const [location = ''] = /location \/ \{[^}]*\}/.exec(text) ?? [];
    const stream = location
      .replace('location /', 'location /stream')
      .replace(/proxy_pass .*;/, `proxy_pass http://127.0.0.1:${eventsPort};`);
    const command = await nginxWith({ home }, text.replace(location, `${location}\n${stream}`));
    await checkSettings(command);
    const server = processes.start(command);
    await until('nginx answers', () => {
      server.assertRuns();
      return ask(port, '/heartbeat').then(
        () => true,
        () => false,
      );
    });
    return port;
  }
});

/** What the proxy answers first; the connection is closed then. */
async function ask(port: number, target: string, headers: Record<string, string> = {}) {
  const options = { host: '127.0.0.1', port, path: target, headers: { host: 'console.example', ...headers } };
  const client = request({ ...options, rejectUnauthorized: false, agent: false }).end();
  const [answer] = (await once(client, 'response')) as [import('node:http').IncomingMessage];
  const [chunk] = (await once(answer, 'data')) as [Buffer];
  client.destroy();
  return { status: answer.statusCode, first: chunk.toString() };
}
