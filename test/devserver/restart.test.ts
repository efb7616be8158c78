import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { Bucket } from '../../src/devserver/storage/bucket.ts';
import { ACCESS_KEY, BUCKET, SECRET_KEY, send, startServer, temporaryDirectory, textsOf } from './harness.ts';

const MAIN = join(import.meta.dirname, '../../src/devserver/main.ts');
const PATH = `/${BUCKET}/film/reel.mxf`;
const PART_BYTES = 100 * 1024;

interface Program {
  readonly child: ChildProcess;
  readonly port: number;
  readonly lines: string[];
}

const argumentsFor = (root: string) => ['--root', root, '--key', `${ACCESS_KEY}:${SECRET_KEY}`, '--bucket', BUCKET];

describe('devserver: the program', () => {
  let root: string;
  const children: ChildProcess[] = [];

  const run = (args: readonly string[]) => {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    children.push(child);
    return child;
  };
  const start = async (): Promise<Program> => {
    const child = run(argumentsFor(root));
    const lines: string[] = [];
    const output = createInterface(child.stdout).on('line', line => lines.push(line));
    await once(output, 'line');
    const { listening } = JSON.parse(lines[0] ?? '') as { listening: string };
    return { child, port: Number(new URL(listening).port), lines };
  };
  const end = async ({ child }: Pick<Program, 'child'>, signal: NodeJS.Signals) => {
    child.kill(signal);
    return (await once(child, 'exit')) as [code: number | null, signal: string | null];
  };

  beforeEach(async () => {
    root = await temporaryDirectory();
  });
  afterEach(async () => {
    for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
    await rm(root, { recursive: true, force: true });
  });

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`says where it listens, in one line, and ends with 0 on ${signal}, even with an open connection`, async () => {
      const program = await start();
      await send(program.port, { method: 'PUT', path: PATH, body: 'x'.repeat(1000) });
      const stall = JSON.stringify([{ match: {}, fault: { kind: 'stall' } }]);
      await send(program.port, { method: 'PUT', path: '/-/faults', body: stall, dialect: 'none' });
      const cutOff = send(program.port, { path: PATH }).then(
        ({ complete }) => !complete,
        () => true,
      );
      const fired = async () => (await send(program.port, { path: '/-/faults', dialect: 'none' })).text;
      while (!(await fired()).includes('"fired":1')) await new Promise(resolve => setTimeout(resolve, 5));
      assert.deepEqual(await end(program, signal), [0, null]);
      assert.ok(await cutOff);
      assert.equal(program.lines.length, 1);
    });
  }

  it('still has after kill -9 what it had acknowledged, and no rubbish', async () => {
    const first = await start();
    const [one, two] = [randomBytes(PART_BYTES), randomBytes(500)];
    await send(first.port, { method: 'PUT', path: `/${BUCKET}/done`, body: 'finished' });
    const id = textsOf(await send(first.port, { method: 'POST', path: `${PATH}?uploads` }), 'UploadId')[0];
    const part = (port: number, number: number, body: Buffer) =>
      send(port, { method: 'PUT', path: `${PATH}?partNumber=${number}&uploadId=${id}`, body });
    await part(first.port, 1, one);
    const stall = JSON.stringify([{ match: {}, fault: { kind: 'stall' } }]);
    await send(first.port, { method: 'PUT', path: '/-/faults', body: stall, dialect: 'none' });
    const lost = assert.rejects(part(first.port, 2, randomBytes(4 * 1024 * 1024)));
    const blobs = () => readdir(join(root, BUCKET, 'blobs'));
    while ((await blobs()).length < 3) await new Promise(resolve => setTimeout(resolve, 5));
    await end(first, 'SIGKILL');
    await lost;

    const second = await start();
    assert.equal((await blobs()).length, 2);
    assert.equal((await send(second.port, { path: `/${BUCKET}/done` })).text, 'finished');
    const parts = await send(second.port, { path: `${PATH}?uploadId=${id}` });
    assert.deepEqual(textsOf(parts, 'PartNumber'), ['1']);
    await part(second.port, 2, two);
    const xml = [one, two].map((body, index) => {
      const etag = createHash('md5').update(body).digest('hex');
      return `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`;
    });
    const body = `<CompleteMultipartUpload>${xml.join('')}</CompleteMultipartUpload>`;
    assert.equal((await send(second.port, { method: 'POST', path: `${PATH}?uploadId=${id}`, body })).status, 200);
    await end(second, 'SIGKILL');

    const third = await start();
    assert.ok((await send(third.port, { path: PATH })).body.equals(Buffer.concat([one, two])));
    assert.equal((await blobs()).length, 3);
  });

  it('explains a wrong command line and ends with 2', async () => {
    const child = run(['--root', root]);
    const errors = text(child.stderr);
    assert.deepEqual(await once(child, 'exit'), [2, null]);
    assert.match(await errors, /--key .* is missing[^]*Usage:/);
  });

  it('says why it cannot start and ends with 1', async () => {
    const { port } = await start();
    const child = run([...argumentsFor(join(root, 'other')), '--listen', `127.0.0.1:${port}`]);
    const errors = text(child.stderr);
    assert.deepEqual(await once(child, 'exit'), [1, null]);
    assert.match(await errors, /EADDRINUSE/);
  });
});

describe('devserver: recovery of a bucket', () => {
  let root: string;
  beforeEach(async () => {
    root = await temporaryDirectory();
  });
  afterEach(() => rm(root, { recursive: true, force: true }));

  it('finishes a completion that a kill interrupted before the upload was removed', async () => {
    const directory = join(root, 'b');
    const bucket = await Bucket.open('b', { created: '' }, directory);
    const facts = { key: 'k', headers: {}, meta: {} };
    async function* bytes() {
      yield Buffer.from('frames');
    }
    await bucket.uploads.add({ ...facts, id: 'ID', initiated: '' });
    const { blob, md5 } = await bucket.blobs.write(bytes(), undefined);
    const unused = await bucket.blobs.write(bytes(), undefined);
    await bucket.storePart('ID', { number: 1, etag: md5, modified: '', blob });
    await bucket.storePart('ID', { number: 2, etag: md5, modified: '', blob: unused.blob });
    await bucket.objects.put({ ...facts, etag: 'e-1', size: 6, modified: '', blobs: [blob], uploadId: 'ID' });

    const again = await Bucket.open('b', { created: '' }, directory);
    assert.deepEqual(again.uploads.sorted(), []);
    assert.deepEqual(await readdir(join(directory, 'blobs')), [blob.name]);
    const served = again.blobs.read(again.objects.get('k')?.blobs ?? [], { start: 0, end: 6 });
    assert.equal(await text(served), 'frames');
  });

  it('says which record it cannot read', async () => {
    const server = await startServer({ root });
    await send(server.port, { method: 'PUT', path: PATH, body: 'x' });
    await server.stop();
    const objects = join(root, BUCKET, 'objects');
    const [name = ''] = await readdir(objects);
    await writeFile(join(objects, name), '{"key":"k"}');
    await assert.rejects(startServer({ root }), new RegExp(name));
  });

  it('passes over directories that are no buckets', async () => {
    await writeFile(join(root, 'notes.txt'), 'mine');
    const server = await startServer({ root, buckets: [] });
    const answer = await send(server.port, { path: '/' });
    assert.deepEqual(textsOf(answer, 'Name'), []);
    await server.stop();
  });
});
