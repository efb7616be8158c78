import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ACCESS_KEY, BUCKET, SECRET_KEY, send, temporaryDirectory, textsOf } from '../../devserver/harness.ts';
import { randomFiles, SamplePackage } from '../sample-package.ts';
import { until } from '../until.ts';
import { OBS_URL, PART, PREFIX } from './harness.ts';
import { upload, type UploaderRequest } from './uploader.fixture.ts';

const UPLOADER = join(import.meta.dirname, 'uploader.fixture.ts');
const SERVER = join(import.meta.dirname, '../../../src/devserver/main.ts');
const PARTS = 40;
const CONNECTIONS = 4;

/** The sender and the bucket as programs of their own, so that either can be killed. */
describe('transports/obs: an upload that is killed (faults 1, 31)', () => {
  let root: string;
  let sample: SamplePackage;
  let port = 0;
  let server: ChildProcess;
  const children: ChildProcess[] = [];

  const run = (program: string, ...args: string[]) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    return child;
  };
  const startServer = async () => {
    const keys = ['--key', `${ACCESS_KEY}:${SECRET_KEY}`, '--bucket', BUCKET];
    server = run(SERVER, '--root', root, ...keys, '--listen', `127.0.0.1:${port}`);
    const [line] = (await once(createInterface(server.stdout!), 'line')) as [string];
    port = Number(new URL((JSON.parse(line) as { listening: string }).listening).port);
  };
  const kill = async (child: ChildProcess) => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  const request = (): UploaderRequest => ({
    task: sample.task,
    packagePath: sample.layout.packagePath,
    transferPath: join(sample.directory, 'sender-transfer'),
    keys: { accessKey: ACCESS_KEY, secretKey: SECRET_KEY, endpoint: `http://127.0.0.1:${port}` },
    settings: { partSize: PART, connections: CONNECTIONS, uploadsPath: uploadsPath() },
  });
  const uploader = () => run(UPLOADER, JSON.stringify(request()));
  const uploadsPath = () => join(sample.directory, 'uploads');
  const recordPath = async () => {
    const directory = join(uploadsPath(), 'sent/cfec-001-film.task.json');
    const [name] = (await readdir(directory).catch(() => [])).filter(file => file.endsWith('.upload'));
    return name === undefined ? undefined : join(directory, name);
  };
  const acknowledged = async () => {
    const path = await recordPath();
    return path === undefined ? 0 : (await readFile(path, 'utf8')).split('\n').length - 1;
  };
  const counts = async () => {
    const { text } = await send(port, { path: '/-/requests', dialect: 'none' });
    await send(port, { method: 'DELETE', path: '/-/requests', dialect: 'none' });
    const found = JSON.parse(text) as Record<string, { requests: number } | undefined>;
    return (operation: string) => found[operation]?.requests ?? 0;
  };
  const setFaults = (...rules: object[]) =>
    send(port, { method: 'PUT', path: '/-/faults', body: JSON.stringify(rules), dialect: 'none' });
  const assertUploaded = async () => {
    const { body } = await send(port, { path: `/${BUCKET}/${PREFIX}/reel.mxf` });
    assert.deepEqual(body, sample.files['reel.mxf']);
    assert.deepEqual(textsOf(await send(port, { path: `/${BUCKET}?uploads` }), 'Key'), []);
    assert.equal(await recordPath(), undefined);
  };
  beforeEach(async () => {
    root = await temporaryDirectory();
    port = 0;
    await startServer();
    sample = await SamplePackage.make({ shares: { obs: randomFiles({ 'reel.mxf': PARTS * PART - 7 }) } });
    sample.task.obs.url = OBS_URL;
  });
  afterEach(async () => {
    for (const child of children.splice(0)) if (child.exitCode === null && child.signalCode === null) await kill(child);
    await sample.remove();
    await rm(root, { recursive: true, force: true });
  });

  it('goes on after kill -9 of the sender: what the bucket has is not sent again', async () => {
    const killed = uploader();
    await until('some parts', async () => (await acknowledged()) >= PARTS / 4, 20_000);
    await kill(killed);
    const had = await acknowledged();
    assert.ok(had < PARTS, 'it was killed in the middle');
    await counts();
    await upload(request());
    const count = await counts();
    assert.ok(count('uploadPart') <= PARTS - had, `${count('uploadPart')} after ${had} of ${PARTS}`);
    assert.deepEqual([count('initiateMultipartUpload'), count('listParts')], [0, 1]);
    await assertUploaded();
  });

  it('goes on after kill -9 of the bucket, without being started again', async () => {
    const sender = uploader();
    const ended = once(sender, 'exit');
    await until('some parts', async () => (await acknowledged()) >= PARTS / 4, 20_000);
    await kill(server);
    await startServer();
    assert.deepEqual(await ended, [0, null]);
    await assertUploaded();
  });

  it('fault 31: killed after the bucket put the parts together, it sees the object and uploads nothing', async () => {
    // Its answer never comes: the sender is killed while it waits.
    await setFaults({ match: { operation: 'completeMultipartUpload' }, fault: { kind: 'stall' } });
    const killed = uploader();
    await until(
      'the object',
      async () => (await send(port, { path: `/${BUCKET}/${PREFIX}/reel.mxf` })).status === 200,
      20_000,
    );
    await kill(killed);
    await setFaults();
    await counts();
    await upload(request());
    const count = await counts();
    assert.deepEqual(['initiateMultipartUpload', 'uploadPart', 'putObject'].map(count), [0, 0, 0]);
    await assertUploaded();
  });
});
