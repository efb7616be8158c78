import assert from 'node:assert/strict';
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { certificate, certify } from '../certificates/pairs.ts';
import { freePort, TestFleet, TestNode, until } from './nodes.ts';
import { SMALL, writePackage } from './packages.ts';

describe('a node among others, as its operators meet it', function () {
  this.timeout(120_000);
  let fleet: TestFleet;
  before(async () => {
    fleet = await TestFleet.create();
    await fleet.startObs();
    await fleet.sender.start();
  });
  after(() => fleet.close());

  const page = async (node: TestNode, path: string) =>
    await (await fetch(`http://127.0.0.1:${node.apiPort}${path}`)).text();
  /** The values of a metric by method. */
  const byMethod = async (node: TestNode, name: string) => {
    const lines = (await page(node, '/metrics')).matchAll(new RegExp(`^${name}\\{method="(\\w+)"\\} (\\d+)$`, 'gm'));
    return Object.fromEntries([...lines].map(([, method = '', value]) => [method, Number(value)]));
  };

  it('counts what came and went by each method, and forgets none of it when the task is gone', async () => {
    const receiver = await fleet.node('counted', 'receiver');
    await writePackage(fleet.packagePath('film'), SMALL);
    await fleet.publish('film', '1:1:1');
    assert.equal((await fleet.recv(receiver, 'film')).return_status, 'true');
    await fleet.downloaded(receiver, 'film');
    const size = Object.values(SMALL).reduce((sum, bytes) => sum + bytes, 0);
    const received = await byMethod(receiver, 'bft_received_bytes_total');
    assert.equal((received.bt ?? 0) + (received.obs ?? 0) + (received.cdn ?? 0), size, JSON.stringify(received));
    for (const method of ['bt', 'obs', 'cdn']) assert.ok((received[method] ?? 0) > 0, method);
    assert.deepEqual(await byMethod(receiver, 'bft_hash_failures_total'), { bt: 0, obs: 0, cdn: 0 });
    // The sender's engine says once a second what it sent.
    const sent = await until('the sender counted as much', async () => {
      const now = await byMethod(fleet.sender, 'bft_sent_bytes_total');
      return (now.bt ?? 0) >= (received.bt ?? 0) && now;
    });
    assert.ok((sent.obs ?? 0) >= (received.obs ?? 0) && (sent.cdn ?? 0) >= (received.cdn ?? 0), JSON.stringify(sent));
    for (const node of [receiver, fleet.sender])
      await node.ask('/cancel', 'cancel', { taskfile: 'cfec-001-film.task.json' });
    assert.deepEqual(await byMethod(receiver, 'bft_received_bytes_total'), received);
    assert.equal((await byMethod(fleet.sender, 'bft_sent_bytes_total')).bt, sent.bt);
    assert.deepEqual(JSON.parse(await page(receiver, '/readyz')), { ready: true, reasons: [], warnings: [] });
  });

  it('with a console for others: token, TLS; SIGHUP takes new certificates, configuration and log file; systemd is told', async () => {
    const root = join(fleet.root, 'open');
    const at = (name: string) => join(root, name);
    const port = await freePort();
    const node = new TestNode(root, await freePort(), {
      servertype: 'receiver',
      consolelisten: `0.0.0.0:${port}`,
      tlscert: at('cert.pem'),
      tlskey: at('key.pem'),
      logfile: at('bftv2.log'),
    });
    const config = await node.configure();
    await certify('first', at('cert.pem'), at('key.pem'));
    await writeFile(at('systemd-notify'), `#!/bin/sh\necho "$*" >> ${at('told')}\n`);
    await chmod(at('systemd-notify'), 0o755);
    const { PATH } = process.env;
    const told = () => readFile(at('told'), 'utf8');
    const log = () => readFile(at('bftv2.log'), 'utf8').catch(() => '');
    const reload = () => process.kill(node.pid, 'SIGHUP');
    const statusOf = (ca: string, token: string) => {
      const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
      const headers = { authorization: `Bearer ${token}` };
      request({ host: '127.0.0.1', port, path: '/api/v1/status', ca, headers, agent: false }, answer => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
      return promise;
    };
    try {
      Object.assign(process.env, { NOTIFY_SOCKET: at('none'), PATH: `${root}:${PATH}` });
      await node.start();
      await until('systemd knows that it is up', async () => (await told()).startsWith('READY=1\n'));
      const token = (await readFile(at('state/token'), 'utf8')).trim();
      assert.equal(await statusOf(await certificate('first'), token), 200);
      assert.equal(await statusOf(await certificate('first'), 'wrong'), 401);

      await certify('second', at('cert.pem'), at('key.pem'));
      await writeFile(config, JSON.stringify({ ...node.config, downloadingnum: 7 }));
      await rename(at('bftv2.log'), at('bftv2.log.1'));
      reload();
      await until('the new log says so', async () => (await log()).includes('the configuration was read again'));
      assert.match(await log(), /the log file was opened anew/);
      assert.equal(await statusOf(await certificate('second'), token), 200);

      await writeFile(config, '{');
      reload();
      await until('the log says why not', async () =>
        /CONFIG_INVALID.*the configuration stays as it is/.test(await log()),
      );
      await until('systemd heard of both', async () => (await told()).split('READY=1').length === 4);
      assert.match(await told(), /^READY=1\n(RELOADING=1 MONOTONIC_USEC=\d+\nREADY=1\n){2}$/);
      const logs = (await log()) + (await readFile(at('bftv2.log.1'), 'utf8')) + node.output;
      assert.ok(!logs.includes(token));
      assert.equal(await node.end(), 0);
      assert.match(await told(), /STOPPING=1\n$/);
    } finally {
      process.env.PATH = PATH;
      delete process.env.NOTIFY_SOCKET;
      await node.end('SIGKILL');
    }
  });
});
