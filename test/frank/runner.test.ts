import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { runToEnd, script, SHELL } from '../shell/scripts.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';
import { parseCaseFile } from './case-file.ts';

const MAIN = new URL('main.ts', import.meta.url).pathname;
const CASES = new URL('cases/', import.meta.url);

interface Seen {
  readonly request: IncomingMessage;
  readonly body: string;
}

describe('frank: the runner', () => {
  const at = temporaryDirectory();
  let server: Server;
  let seen: Seen[];

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    seen.push({ request, body: await text(request) });
    response.setHeader('Set-Cookie', ['who=me; Path=/', 'token=a=b==']);
    response.setHeader('x-two-values', ['one', 'two']);
    const isPlain = request.url?.startsWith('/plain');
    if (!isPlain) response.setHeader('Content-Type', 'application/json');
    if (isPlain) response.end('plain {');
    else response.end(request.url?.startsWith('/broken') ? '{' : '{"id":"x7"}');
  };

  before(async () => {
    server = createServer((request, response) => void answer(request, response)).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(() => {
    seen = [];
  });
  after(() => server.close());

  const run = async (cases: string, ...args: string[]) => {
    await writeFile(at('case.frank'), cases);
    const { port } = server.address() as { port: number };
    return await runToEnd(process.execPath, [MAIN, '-c', at('case.frank'), '-u', `http://127.0.0.1:${port}`, ...args]);
  };

  it('runs init, requests and responses in turn, with variables that live on (F-001 … F-006, F-008, F-009)', async () => {
    const { code, out, err } = await run(`// init
var wanted = "x7";

POST /things make a thing

header["Content-Type"] = "application/json";
json = {a: [1]};

Response anything may stand here

must(status === 200);
must(body === "{\\n    \\"id\\": \\"x7\\"\\n}");
must(cookie.who === "me");
must(cookie.token === "a=b==");
must(header["Content-Type"] === "application/json");
must(header["X-Two-Values"] === "one");
id = JSON.parse(body).id;
must(id === wanted);

GET /plain/:id

query = {q: "a b"};
must(JSON.stringify(header) === '{"User-Agent":"frank"}');

Response
must(body === "plain {");
console.log("seen", id);`);
    assert.deepEqual([code, err], [0, '']);
    assert.equal(out, 'ok make a thing\nseen x7\nok GET /plain/:id\n');
    assert.deepEqual(JSON.parse(seen[0]?.body ?? ''), { a: [1] });
    assert.equal(seen[1]?.request.url, '/plain/x7?q=a+b');
  });

  it('builds bodies by the precedence of frank (F-007)', async () => {
    await writeFiles(at(), { 'file.txt': 'from a file' });
    const post = (lines: string) => `POST /x\n${lines}\nResponse\n`;
    const type = (name: string) => `header["Content-Type"] = "${name}";`;
    const { code, err } = await run(
      `${post('bodyRaw = "raw"; bodyFile = "/nowhere"')}${post(`bodyFile = "${at('file.txt')}"`)}${post(
        `${type('application/x-www-form-urlencoded')} form = {a: "1 2", b: 3};`,
      )}${post(`${type('multipart/form-data')} form = {f: "@${at('file.txt')}"};`)}`,
    );
    assert.equal(code, 0, err);
    assert.deepEqual(
      seen.slice(0, 3).map(({ body }) => body),
      ['raw', 'from a file', 'a=1+2&b=3'],
    );
    assert.match(seen[3]?.body ?? '', /name="f"; filename="file.txt"[^]*from a file/);
    const unknown = await run(post(type('text/plain')));
    assert.deepEqual([unknown.code, /Unsupport Content-Type/.test(unknown.err)], [1, true]);
  });

  it('has the functions of frank (F-010) and its options (F-011): exit ends with 0 at once', async () => {
    const { code, out } = await run(
      `GET /plain

Response
must(word === "a=b");
must(md5("a") === "0cc175b9c0f1b6a831c399e269772661");
must(base64encode("a") === "YQ==" && base64decode("YQ==") === "a");
exit();
must(false);

GET /never
Response
`,
      '-d',
      '1',
      '-v',
      'word=a=b',
    );
    assert.deepEqual([code, out, seen.length], [0, '', 1]);
  });

  it('prints the documentation of the cases with -m, and runs nothing (F-011)', async () => {
    const cases =
      '// two things\nurl = 1;\nPOST /a 1.1 make\n\njson = {};\n\nResponse\n\nmust(true);\nGET /b\nResponse\n';
    const { code, out, err } = await run(cases, '-m');
    assert.deepEqual([code, err, seen.length], [0, '', 0]);
    assert.equal(
      out,
      '# two things\n\n## 1.1 make\n\n`POST /a`\n\nRequest:\n\n```js\njson = {};\n```\n\n' +
        'Response:\n\n```js\nmust(true);\n```\n\n## GET /b\n\n`GET /b`\n\n',
    );
  });

  it('ends with 2 and names file, line and case when a must is not met (F-010, F-016)', async () => {
    const { code, err } = await run('\nGET /plain 1.1 a name\n\nResponse\nmust(1);');
    assert.deepEqual([code, err], [2, `${at('case.frank')}:5: 1.1 a name: must is not met\n`]);
  });

  it('ends with 1 for everything else that goes wrong, where the original ends with 0 (F-012, F-013, F-014)', async () => {
    const failures = {
      'no answer': [
        'GET /plain gone\nResponse\n',
        /case.frank:2: gone: connect ECONNREFUSED/,
        '-u',
        'http://127.0.0.1:1',
      ],
      'not JSON': ['GET /broken b\nResponse\n', /case.frank:2: b: /],
      'a script that throws': ['GET /plain s\nResponse\n\nnothing.at.all', /case.frank:4: s: nothing is not defined/],
      'no url': ['url = 5;\n', /the init part must define url/],
      'a request alone': ['GET /plain a\n', /line 2: a request without a response/],
      'two requests': ['GET /a\nGET /b\nResponse\nResponse\n', /line 1: requests and responses must take turns/],
    } as const;
    for (const [what, [cases, message, ...args]] of Object.entries(failures)) {
      const { code, err } = await run(cases, ...args);
      assert.equal(code, 1, what);
      assert.match(err, message, what);
    }
    assert.equal((await runToEnd(process.execPath, [MAIN, '-c', at('none')])).code, 1);
  });
});

describe('frank: the cases', () => {
  const at = temporaryDirectory();

  it('are all there, and fit for the original frank (F-004, F-013, F-015, F-017)', async () => {
    const names = (await readdir(CASES)).sort();
    const numbered = ['0-1', '0-2', '2', '3', '4', '5', '6', '7', '-repeated1'].map(number => `case${number}.frank`);
    assert.deepEqual(names, numbered.sort());
    for (const name of names) {
      const cases = await readFile(new URL(name, CASES), 'utf8');
      assert.ok(cases.endsWith('\n'), name);
      const { init, exchanges } = parseCaseFile(cases);
      assert.notEqual(init.text.trim(), '', name);
      assert.ok(exchanges.length > 0, name);
      const scripts = [init, ...exchanges.flatMap(({ request, response }) => [request, response])];
      for (const { text } of scripts) assert.doesNotMatch(text, /\b(let|const|class)\b|=>|`/, name);
    }
  });

  it('and their scripts take another centre by changetest.sh (BK-11, BK-13)', async () => {
    await cp(SHELL, at('shell'), { recursive: true });
    await cp(CASES, at('cases'), { recursive: true });
    const env = { BFT2_CASES: at('cases'), BFT2_SHELL: at('shell') };
    assert.equal((await script('changetest', ['cfec-001', 'wuxi-001'], env)).code, 0);
    const wanted = (await readdir(at('shell'))).filter(name => /^(testapi.*|functions-schedule)\.sh$/.test(name));
    const paths = [
      ...wanted.map(name => at('shell', name)),
      ...(await readdir(at('cases'))).map(name => at('cases', name)),
    ];
    for (const path of paths) assert.doesNotMatch(await readFile(path, 'utf8'), /cfec-001/, path);
    assert.match(await readFile(at('shell', 'functions-schedule.sh'), 'utf8'), /^sub=wuxi-001$/m);
    assert.equal(await readFile(at('shell', 'send.sh'), 'utf8'), await readFile(join(SHELL, 'send.sh'), 'utf8'));
    for (const args of [[], ['cfec-001'], ['cfec-001', 'a/b'], ['.*', 'b']]) {
      assert.equal((await script('changetest', args, env)).code, 2);
    }
  });
});
