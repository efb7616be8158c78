import assert from 'node:assert/strict';
import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { connect } from 'node:tls';
import { once } from 'node:events';
import { parseConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type Logger, silentLog } from '../../src/core/log.ts';
import { Listeners } from '../../src/daemon/listeners.ts';
import { certificate, certify } from '../certificates/pairs.ts';
import { liveStreams, nodeWith } from '../api/harness.ts';
import { send } from '../raw-request.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const END = Date.UTC(2120, 0, 1);

describe('daemon: its listeners (hostile input 3)', () => {
  const at = temporaryDirectory();
  let listeners: Listeners | undefined;
  let ports: Record<string, number>;
  let logged: string[];
  let now: number;
  beforeEach(() => {
    ports = {};
    logged = [];
    now = Date.UTC(2026, 0, 1);
    listeners = undefined;
  });
  afterEach(() => listeners?.stop());

  const log: Logger = {
    ...silentLog,
    info: (fields: unknown, text?: string) => {
      logged.push(JSON.stringify([fields, text]));
      const { port } = fields as { port?: number };
      if (port !== undefined) ports[text === 'api listens' ? 'apilisten' : 'consolelisten'] = port;
    },
    warn: (fields: unknown, text?: string) => void logged.push(JSON.stringify([fields, text])),
    error: (fields: unknown, text?: string) => void logged.push(JSON.stringify([fields, text])),
  };
  const configured = (keys: object): Config =>
    parseConfig(
      JSON.stringify({
        servertype: 'receiver',
        statepath: at('state'),
        apilisten: '127.0.0.1:0',
        consolelisten: '',
        ...keys,
      }),
      'config.json',
    );
  const start = async (keys: object) => {
    const config = configured(keys);
    listeners = new Listeners(
      { node: nodeWith(), streams: liveStreams(), log, clock: { ...systemClock, now: () => now } },
      () => config,
    );
    await listeners.start();
  };
  const withTls = async (keys: object = {}) => {
    await certify('first', at('cert.pem'), at('key.pem'));
    return { consolelisten: '0.0.0.0:0', tlscert: at('cert.pem'), tlskey: at('key.pem'), ...keys };
  };
  const get = (ca: string, headers: Record<string, string> = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number }>();
    request(
      {
        host: '127.0.0.1',
        servername: 'localhost',
        port: ports.consolelisten,
        path: '/heartbeat',
        ca,
        headers,
        agent: false,
      },
      answer => {
        answer.resume().on('end', () => {
          resolve({ status: answer.statusCode ?? 0 });
        });
      },
    )
      .on('error', reject)
      .end();
    return promise;
  };

  it('is beyond loopback only with a certificate, or where somebody says that something else protects the line', async () => {
    for (const key of ['apilisten', 'consolelisten', 'ctcs']) {
      const keys = { ...(key === 'ctcs' ? { consolelisten: undefined } : {}), [key]: '0.0.0.0:0' };
      assert.throws(() => configured(keys), { code: 'CONFIG_INVALID', message: /"tlscert".*"plainhttp"/ });
      configured({ ...keys, plainhttp: true });
    }
    assert.throws(() => configured({ tlscert: '/x' }), { message: /"tlscert" and "tlskey" are needed together/ });
  });

  it('takes the address of ctcs for the console, unless it has one of its own', () => {
    const consoleOf = (keys: object) => configured({ consolelisten: undefined, ...keys }).consolelisten;
    assert.equal(consoleOf({}), '127.0.0.1:2780');
    assert.equal(consoleOf({ ctcs: '127.0.0.1:1' }), '127.0.0.1:1');
    assert.equal(consoleOf({ ctcs: '' }), '');
    assert.equal(consoleOf({ ctcs: '127.0.0.1:1', consolelisten: '' }), '');
  });

  it('makes a token once, for its own eyes, and wants it of others only', async () => {
    await start({ apilisten: '127.0.0.1:0', consolelisten: '0.0.0.0:0', plainhttp: true });
    const token = (await readFile(at('state/token'), 'utf8')).trim();
    assert.equal(Buffer.from(token, 'base64url').length, 32);
    assert.equal((await stat(at('state/token'))).mode & 0o777, 0o600);
    assert.deepEqual(await readdir(at('state')), ['token']);
    const statusOf = async (port: number | undefined, headers: Record<string, string> = {}) =>
      (await send(port ?? 0, { path: '/heartbeat', headers })).status;
    assert.equal(await statusOf(ports.apilisten), 200);
    assert.equal(await statusOf(ports.consolelisten), 401);
    assert.equal(await statusOf(ports.consolelisten, { authorization: `Bearer ${token}` }), 200);
    assert.ok(logged.some(line => line.includes(at('state/token'))));
    assert.ok(!logged.some(line => line.includes(token)));
    await listeners?.stop();
    await start({ apilisten: '0.0.0.0:0', plainhttp: true });
    assert.equal(await statusOf(ports.apilisten, { authorization: `Bearer ${token}` }), 200);
  });

  it('makes none when nobody else can call, or apitoken is set', async () => {
    await start({});
    await listeners?.stop();
    await start({ consolelisten: '0.0.0.0:0', plainhttp: true, apitoken: 'mine' });
    await assert.rejects(stat(at('state/token')), { code: 'ENOENT' });
    assert.equal((await send(ports.apilisten ?? 0, { path: '/heartbeat' })).status, 401);
  });

  it('gives sessions that say nothing of an apitoken that could be guessed, and that outlive a restart', async () => {
    const logIn = async () => {
      const headers = { 'content-type': 'application/json' };
      const { headers: answer } = await send(ports.apilisten ?? 0, {
        method: 'POST',
        path: '/api/v1/session',
        headers,
        body: '{"token":"mine"}',
      });
      return answer['set-cookie']?.[0]?.split(';')[0] ?? assert.fail('no cookie');
    };
    const statusOf = async (cookie: string) =>
      (await send(ports.apilisten ?? 0, { path: '/heartbeat', headers: { cookie } })).status;
    await start({ apitoken: 'mine' });
    const cookie = await logIn();
    assert.equal((await stat(at('state/session-key'))).mode & 0o777, 0o600);
    await listeners?.stop();
    await start({ apitoken: 'mine' });
    assert.equal(await statusOf(cookie), 200);
    await listeners?.stop();
    // Another node with the same token.
    await rm(at('state/session-key'));
    await start({ apitoken: 'mine' });
    assert.equal(await statusOf(cookie), 401);
    assert.notEqual(await logIn(), cookie);
  });

  it('refuses a token that others can read, or that is damaged, and says what to do', async () => {
    const keys = { consolelisten: '0.0.0.0:0', plainhttp: true };
    await start(keys);
    await listeners?.stop();
    await chmod(at('state/token'), 0o640);
    const refusal = { code: 'TOKEN_FILE', message: new RegExp(`chmod 600 ${at('state/token')}`) };
    await assert.rejects(start(keys), refusal);
    await chmod(at('state/token'), 0o600);
    for (const text of ['', 'short\n', `${'x'.repeat(43)}\nmore`]) {
      await writeFile(at('state/token'), text);
      await assert.rejects(start(keys), { code: 'TOKEN_FILE', message: /holds no token/ });
    }
  });

  it('speaks TLS with the certificate', async () => {
    await start(await withTls({ apitoken: 'mine' }));
    const ca = await certificate('first');
    assert.equal((await get(ca)).status, 401);
    assert.equal((await get(ca, { authorization: 'Bearer mine' })).status, 200);
    assert.equal((await get(ca, { host: 'evil.example' })).status, 421);
    // What a page says that came without TLS may be anybody's.
    const port = String(ports.consolelisten);
    const from = async (origin: string) =>
      (await get(ca, { authorization: 'Bearer mine', host: `localhost:${port}`, origin })).status;
    assert.deepEqual([await from(`https://localhost:${port}`), await from(`http://localhost:${port}`)], [200, 403]);
    // In the open nothing is said.
    await assert.rejects(send(ports.consolelisten ?? 0, { path: '/heartbeat' }));
    await assert.rejects(get(await certificate('second')));
    // The API is for this machine only, and stays as it is.
    assert.equal((await send(ports.apilisten ?? 0, { path: '/livez' })).status, 200);
  });

  it('marks its cookie for TLS', async () => {
    await start(await withTls({ apitoken: 'mine' }));
    const socket = connect({ host: '127.0.0.1', port: ports.consolelisten, ca: await certificate('first') });
    const body = '{"token":"mine"}';
    socket.write(
      `POST /api/v1/session HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    let answer = '';
    socket.on('data', chunk => (answer += String(chunk)));
    await once(socket, 'end');
    assert.match(
      answer,
      /^HTTP\/1\.1 204 .*\r\nset-cookie: bft_session=[^;]+; Path=\/; HttpOnly; SameSite=Strict; Secure;/is,
    );
  });

  it('takes a renewed certificate for new connections; of a wrong one the old stays', async () => {
    await start(await withTls());
    const [first, second] = [await certificate('first'), await certificate('second')];
    await certify('second', at('cert.pem'), at('key.pem'));
    assert.equal((await get(first)).status, 401);
    await listeners?.renew();
    assert.equal((await get(second)).status, 401);
    await assert.rejects(get(first));
    await rm(at('key.pem'));
    await assert.rejects(listeners?.renew() ?? Promise.resolve(), { code: 'CONFIG_INVALID', message: /"tlskey"/ });
    assert.equal((await get(second)).status, 401);
  });

  const WRONG: [what: string, spoil: () => Promise<unknown>, message: RegExp][] = [
    [
      'another key',
      () => certify('second', at('other.pem'), at('key.pem')),
      /"tlskey" \S+ is not the key of "tlscert"/,
    ],
    ['a key that others can read', () => chmod(at('key.pem'), 0o644), /"tlskey" \S+ can be read by others: chmod o= /],
    ['no certificate there', () => rm(at('cert.pem')), /"tlscert" \S+: ENOENT/],
    ['a certificate that is none', () => writeFile(at('cert.pem'), 'x'), /"tlscert" \S+ is no PEM/],
    ['a key that is none', () => writeFile(at('key.pem'), 'x', { mode: 0o600 }), /"tlskey" \S+ is no PEM/],
  ];
  for (const [what, spoil, message] of WRONG) {
    it(`refuses ${what}`, async () => {
      const keys = await withTls();
      await spoil();
      await assert.rejects(start(keys), { code: 'CONFIG_INVALID', message });
    });
  }

  it('goes on with a certificate that is not valid now, and says so: films move all the same', async () => {
    const keys = await withTls();
    for (const [at, told] of [
      [END + 1, /the certificate was valid until 21(19|20)-/],
      [0, /the certificate is valid from 20(19|20)-.*check the clock/],
    ] as const) {
      now = at;
      await start(keys);
      assert.match(logged.join(), told);
      assert.equal((await get(await certificate('first'))).status, 401);
      await listeners?.stop();
    }
  });

  it('warns of a certificate that ends within thirty days', async () => {
    const keys = await withTls();
    const warnings = () => logged.filter(line => line.includes('renew it'));
    now = END - 31 * DAY_MS;
    await start(keys);
    assert.deepEqual(warnings(), []);
    await listeners?.stop();
    now = END - 29.5 * DAY_MS;
    await start(keys);
    assert.match(warnings().join(), /valid for 29 more days/);
  });

  it('says of a busy address which key to change, and of the console that the ctcs of the original may run', async () => {
    await start({});
    const busy = `127.0.0.1:${ports.apilisten}`;
    const message = /"consolelisten".*EADDRINUSE.*ctcs of the original.*stop it, or give "consolelisten"/;
    const second = new Listeners({ node: nodeWith(), streams: liveStreams(), log, clock: systemClock }, () =>
      configured({ consolelisten: busy }),
    );
    await assert.rejects(second.start(), { code: 'LISTEN_FAILED', message });
    await second.stop();
  });
});
