import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { join } from 'node:path';
import { type CheckedPoint, examine } from '../../src/doctor/doctor.ts';
import { asBftError } from '../../src/core/errors.ts';
import { failed, type Verdict } from '../../src/doctor/finding.ts';
import { freePort, TestFleet } from '../e2e/nodes.ts';
import { SMALL, writePackage } from '../e2e/packages.ts';

const HOUR_MS = 3_600_000;

/** One real sender that serves a task, looked at as it is, and with something wrong each time. */
describe('doctor (6.1 of the original, BM-04)', function () {
  this.timeout(60_000);
  let fleet: TestFleet;
  const servers: Server[] = [];

  before(async () => {
    fleet = await TestFleet.create({ buckets: '/nonexistent/buckets' });
    await fleet.startObs();
    await fleet.sender.start();
    await writePackage(fleet.packagePath('film'), SMALL);
    await fleet.publish('film', '1:1:1');
  });
  after(async () => {
    for (const server of servers) server.close();
    await fleet.close();
  });

  /** What doctor says of the sender with other keys in its configuration. */
  async function points(changed: Record<string, unknown> = {}, text?: string): Promise<Map<string, CheckedPoint>> {
    const path = join(fleet.root, 'looked-at.json');
    await writeFile(path, text ?? JSON.stringify({ ...fleet.sender.config, ...changed }), { mode: 0o600 });
    const seen: string[] = [];
    const found = await examine(path, ({ id }) => seen.push(id));
    assert.deepEqual(
      found.map(({ id }) => id),
      seen,
    );
    return new Map(found.map(point => [point.id, point]));
  }

  function found(from: Map<string, CheckedPoint>, id: string, verdict: Verdict, text: RegExp): void {
    const findings = from.get(id)?.findings ?? [];
    const finding = findings.find(one => one.verdict === verdict && text.test(one.text));
    assert.ok(finding, `${id}: ${JSON.stringify(findings)}`);
    assert.equal(finding.next === '', verdict === 'ok' || verdict === 'skipped');
  }

  const faultsOf = (from: Map<string, CheckedPoint>) =>
    [...from.values()].flatMap(({ id, findings }) =>
      findings.filter(({ verdict }) => verdict === 'fault').map(() => id),
    );

  async function web(answer: RequestListener): Promise<string> {
    const server = createServer(answer).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('finds nothing wrong with a node that is in order', async () => {
    const all = await points();
    assert.deepEqual(faultsOf(all), [], JSON.stringify([...all.values()], null, 1));
    found(all, 'configuration', 'ok', /this is a sender/);
    found(all, 'daemon', 'ok', /a sender, version/);
    found(all, 'trackers', 'ok', /answers/);
    found(all, 'addresses', 'ok', /cdn of film/);
    found(all, 'buckets', 'ok', /cfec-001 can be listed/);
    found(all, 'torrents', 'ok', /1 tasks/);
    found(all, 'clock', 'ok', /agrees/);
  });

  it('a configuration that cannot be read, with its line', async () => {
    const all = await points({}, '{"servertype": "sender",\n"btport": }');
    found(all, 'configuration', 'fault', /line 2/);
    found(all, 'everything else', 'skipped', /nothing is known/);
  });

  it('a directory that is a file, one on another file system, one that is not there', async () => {
    const file = join(fleet.root, 'no-directory');
    await writeFile(file, '');
    found(await points({ transferpath: file }), 'directories', 'fault', /not a directory/);
    found(await points({ statepath: join(fleet.root, 'gone') }), 'directories', 'warning', /is not there/);
    const other = await mkdtemp('/dev/shm/bftv2-doctor-');
    try {
      found(await points({ transferpath: other }), 'directories', 'fault', /different file systems/);
    } finally {
      await rm(other, { recursive: true });
    }
  });

  it('a disk without room', async () => {
    found(await points({ reserve: Number.MAX_SAFE_INTEGER }), 'room', 'fault', /nothing can be received/);
  });

  it('keys that others may read', async () => {
    const path = join(fleet.root, 'buckets');
    await writeFile(path, 'cfec-001 A B http://127.0.0.1:1\n');
    await chmod(path, 0o644);
    found(await points({ buckets: path }), 'secrets', 'fault', /others than its owner/);
  });

  it('a hash table that was built for another role', async () => {
    const all = await points({ servertype: 'receiver', originlisten: '', trackerlisten: '' });
    found(all, 'hash table', 'fault', /built for sender, not receiver/);
    found(all, 'daemon', 'fault', /is a sender, the configuration says receiver/);
  });

  it('no hash table where there are files, and nothing to say of it where there are none', async () => {
    const hashtable = join(fleet.root, 'no-table');
    found(await points({ hashtable }), 'hash table', 'warning', /there is no hash table/);
    const basedatapath = join(fleet.root, 'no-packages');
    await mkdir(join(basedatapath, 'cfec-001', 'dcps'), { recursive: true });
    found(await points({ hashtable, basedatapath }), 'hash table', 'ok', /no file in/);
  });

  it('a daemon that does not run, and another program in its place', async () => {
    found(await points({ apilisten: `127.0.0.1:${await freePort()}` }), 'daemon', 'fault', /does not run/);
    const other = await web((_, answer) => answer.end('hello'));
    found(await points({ apilisten: other.slice(7) }), 'daemon', 'fault', /something else than bftv2/);
  });

  it('a configuration that the running daemon has not read', async () => {
    const path = join(fleet.root, 'elsewhere');
    found(await points({ transferpath: path, reserve: 1 }), 'daemon', 'warning', /another transferpath, reserve than/);
  });

  it('a daemon that hangs', async () => {
    const silent = createTcpServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const hanging = { apilisten: `127.0.0.1:${(silent.address() as AddressInfo).port}` };
    found(await points(hanging), 'daemon', 'fault', /nothing of bftv2 answers at .*EADDRINUSE/);
    silent.close();
  });

  it("a directory of tasks that is not the daemon's", async function () {
    if (process.getuid?.() !== 0) return this.skip();
    const [statepath, receiverpath] = [join(fleet.root, 'owned'), join(fleet.root, 'mixed')];
    await mkdir(join(receiverpath, 'queues'), { recursive: true });
    await mkdir(statepath);
    for (const path of [statepath, receiverpath]) await chown(path, 65_534, 65_534);
    found(await points({ statepath, receiverpath }), 'directories', 'warning', /mixed\/queues.*another owner/);
  });

  it('addresses that are taken, and a certificate that is not there', async () => {
    const other = await web((_, answer) => answer.end('hello'));
    const apilisten = `127.0.0.1:${await freePort()}`;
    const missing = { tlscert: '/nonexistent/cert.pem', tlskey: '/nonexistent/key.pem' };
    const all = await points({ apilisten, consolelisten: other.slice(7), ...missing });
    found(all, 'daemon', 'fault', /could not listen at consolelisten .*EADDRINUSE/);
    found(all, 'certificate', 'fault', /"tlscert" \/nonexistent\/cert.pem/);
  });

  it('keys in a configuration that others may read', async () => {
    const path = join(fleet.root, 'open.json');
    await writeFile(path, JSON.stringify({ ...fleet.sender.config, obssk: 'SECRET' }), { mode: 0o644 });
    const all = new Map((await examine(path, () => {})).map(point => [point.id, point]));
    found(all, 'secrets', 'fault', /open.json holds a secret/);
  });

  it('a web server and a CDN that answer, and do not have what is sent', async () => {
    const empty = await web((_, answer) => answer.writeHead(404).end());
    found(await points({ cdnurl: empty }), 'addresses', 'fault', /cdnurl .*\.mxf answers with HTTP status 404/);
    found(await points({ senderdomain: empty }), 'addresses', 'fault', /senderdomain .*film\.torrent answers .* 404/);
  });

  it('what this user may not see is no fault of the node: it says who may', () => {
    const denied = Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
    assert.match(failed(asBftError(denied, 'INTERNAL', 'tasks')).next, /as root/);
    assert.match(failed(asBftError(denied, 'CONFIG_INVALID', 'config.json')).next, /as root/);
  });

  it('a tracker that is dead, and one that complains', async () => {
    const dead = `http://127.0.0.1:${await freePort()}/announce`;
    found(await points({ tracker: dead }), 'trackers', 'fault', /does not answer/);
    const strict = await web((_, answer) => answer.end('d14:failure reason12:unregisterede'));
    found(await points({ tracker: `${strict}/announce` }), 'trackers', 'warning', /unregistered/);
    const page = await web((_, answer) => answer.end('<html>'));
    found(await points({ tracker: `${page}/announce` }), 'trackers', 'fault', /does not answer/);
  });

  it('a CDN that is dead, and one that refuses', async () => {
    found(await points({ cdnurl: `http://127.0.0.1:${await freePort()}` }), 'addresses', 'fault', /cdnurl/);
    const refusing = await web((_, answer) => answer.writeHead(503).end());
    found(await points({ cdnurl: refusing }), 'addresses', 'fault', /HTTP status 503/);
    const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as { cdn: Record<string, string> };
    task.cdn.url = `http://127.0.0.1:${await freePort()}/film`;
    const receiverpath = join(fleet.root, 'without-cdn');
    await mkdir(join(receiverpath, 'downloading'), { recursive: true });
    await writeFile(join(receiverpath, 'downloading', 'cfec-001-film.task.json'), JSON.stringify(task));
    const all = await points({ servertype: 'receiver', originlisten: '', trackerlisten: '', cdnurl: '', receiverpath });
    const finding = all.get('addresses')?.findings.find(({ text }) => text.startsWith('cdn of film'));
    assert.match(finding?.next ?? '', /ask the sender/, 'a receiver has no key for it');
  });

  it('a bucket that refuses the keys, and one without keys', async () => {
    found(await points({ obssk: 'WRONG' }), 'buckets', 'fault', /cfec-001/);
    found(await points({ obssk: '' }), 'buckets', 'fault', /there are no keys/);
  });

  it('a clock that is wrong', async () => {
    const ahead = await web((_, answer) => {
      answer.writeHead(200, { date: new Date(Date.now() + 2 * HOUR_MS).toUTCString() }).end();
    });
    const all = await points({ cdnurl: ahead, senderdomain: ahead, senderpath: join(fleet.root, 'empty') });
    found(all, 'clock', 'fault', /120 minutes behind/);
  });

  it('an old torrent in the CDN, a failed task, one that cannot be read, a late one', async () => {
    const receiverpath = join(fleet.root, 'receiver');
    const downloading = join(receiverpath, 'downloading');
    await mkdir(downloading, { recursive: true });
    const task = JSON.parse(await readFile(fleet.taskPath('film'), 'utf8')) as { bt: Record<string, string> };
    task.bt.infohash = '0'.repeat(40);
    const late = { ...task, deadline: '2020-01-01 00:00:00' };
    await writeFile(join(downloading, 'cfec-001-film.task.json'), JSON.stringify(late));
    await writeFile(join(downloading, 'cfec-001-film.err'), 'the cdn is gone\nask the sender\n');
    await mkdir(join(receiverpath, 'corrupt'));
    await writeFile(join(receiverpath, 'corrupt', 'cfec-001-twice.task.json'), '{');
    await writeFile(join(downloading, 'cfec-001-torn.task.json'), '{"name":');
    await utimes(join(downloading, 'cfec-001-torn.task.json'), 1, 1);
    const all = await points({ servertype: 'receiver', originlisten: '', trackerlisten: '', receiverpath });
    found(all, 'torrents', 'fault', /gives another torrent/);
    found(all, 'tasks', 'fault', /film.* failed: the cdn is gone/);
    found(all, 'tasks', 'fault', /torn|not JSON/);
    found(all, 'tasks', 'warning', /1 task files were put aside into .*corrupt, such as cfec-001-twice/);
    found(all, 'tasks', 'warning', /should have been here at 2020/);
  });
});
