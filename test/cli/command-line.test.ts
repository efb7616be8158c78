import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { JSON_TEXTS } from '../../src/cli/man/json-texts.ts';
import { EXIT_TEXTS } from '../../src/cli/man/texts.ts';
import { COMMANDS } from '../../src/cli/table/commands.ts';
import { freePort } from '../e2e/nodes.ts';
import { runToEnd } from '../shell/scripts.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { BFT, bft } from './bft.ts';

describe('bft: the command line', function () {
  this.timeout(60_000);
  const at = temporaryDirectory();

  it('is found through a link, and says its version', async () => {
    await symlink(BFT, at('bft'));
    const { code, out } = await runToEnd(at('bft'), ['--version']);
    assert.deepEqual([code, /^\d+\.\d+\.\d+\n$/.test(out)], [0, true]);
  });

  it('lists every command, and helps with each', async () => {
    const { out } = await bft(['--help']);
    for (const { name, summary } of COMMANDS) assert.match(out, new RegExp(`^  ${name} .*${summary}$`, 'm'));
    const help = await bft(['limits', '--help']);
    assert.match(
      help.out,
      /^usage: bft limits \[OPTION\]\.\.\. TASK\n[^]*--down RATE[^]*Examples:\n {2}bft limits film/,
    );
  });

  it('ends with 2 and says what was meant when it is called wrongly', async () => {
    for (const [args, told] of [
      [['lss'], /^USAGE: unknown command 'lss'; did you mean ls\?\n[^]*usage: bft COMMAND/],
      [['ls', '--grop', 'x'], /'--grop'; did you mean --group\?\n[^]*usage: bft ls /],
      [['show'], /missing required argument 'TASK'[^]*usage: bft show /],
      [['history', '--limit', 'x'], /--limit wants a whole number/],
      [['gentask', 'film', '--raw', '--wait'], /--raw is the answer to one call/],
      [['retry'], /names of tasks, or --all/],
      [['ls', '--node', 'http://user:secret@host'], /--node wants an address/],
    ] as const) {
      const { code, out, err } = await bft(args);
      assert.deepEqual([code, out], [EXIT.usage, ''], args.join(' '));
      assert.match(err, told);
      assert.doesNotMatch(err, /secret/);
    }
  });

  it('says that its output was lost on a full disk, and ends with 8', async () => {
    for (const args of ['--help', 'completion bash', `man ${at('man')} --help`]) {
      const { code, err } = await runToEnd('sh', ['-c', `"$0" ${args} >/dev/full`, BFT]);
      assert.equal(code, EXIT.diskFull, args);
      assert.match(err, /^DISK_FULL: standard output: no room left/);
    }
  });

  it('ends with 2 for what is no address, no token and no certificate, and shows no secret', async () => {
    const node = `127.0.0.1:${await freePort()}`;
    await writeFile(at('token'), 'SECRET\u001b WORD');
    await writeFile(at('ca.pem'), 'nothing');
    for (const [args, told] of [
      [['--node', 'ftp://node'], /--node wants an address/],
      [['--node', node, '--token-file', at('token')], /token holds no token/],
      [['--node', node, '--ca', at('ca.pem')], /ca.pem holds no certificate/],
    ] as const) {
      const { code, err } = await bft(['ls', ...args]);
      assert.deepEqual([code, told.test(err), err.includes('SECRET')], [EXIT.usage, true, false], err);
    }
    assert.equal((await bft(['hashtable', 'nope', '--config', at('none.json')])).code, EXIT.usage);
  });

  it('ends with 4 when something else than a node answers', async () => {
    for (const [status, body] of [
      [404, ''],
      [200, '<html>'],
      [500, 'null'],
      [403, '{"message": "no"}'],
    ] as const) {
      const server = createServer((_, answer) => answer.writeHead(status).end(body)).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { code, err } = await bft(['ls', '--node', `127.0.0.1:${(server.address() as AddressInfo).port}`]);
      server.close();
      assert.deepEqual(
        [code, err.startsWith('NODE_UNREACHABLE: that is no node of bftv2')],
        [EXIT.unreachable, true],
        err,
      );
    }
  });

  it('ends with 3 where there is no configuration', async () => {
    assert.equal((await bft(['config', 'check', '--config', at('none.json')])).code, EXIT.notFound);
  });

  it('ends with 4 when nobody answers, and says it as JSON when asked to', async () => {
    const node = ['--node', `http://127.0.0.1:${await freePort()}`, '--json'];
    const { code, out, err } = await bft(['ls', ...node]);
    assert.deepEqual([code, out], [EXIT.unreachable, '']);
    const { error } = JSON.parse(err) as { error: Record<string, string> };
    assert.deepEqual([error.code, error.docs], ['NODE_UNREACHABLE', 'docs/ERRORS.md#node_unreachable']);
    assert.match(error.desc ?? '', /no answer from http:.*ECONNREFUSED/);
  });

  it('documents what every command prints with --json', () => {
    const withJson = COMMANDS.filter(({ options = [] }) => options.some(({ name }) => name === 'json'));
    assert.deepEqual(Object.keys(JSON_TEXTS).sort(), withJson.map(({ name }) => name).sort());
  });

  it('prints a completion that bash takes, and that completes commands, options, values, and names of tasks to the letter', async () => {
    const { out } = await bft(['completion', 'bash']);
    await writeFile(at('completion'), out);
    await promisify(execFile)('bash', ['-n', at('completion')]);
    const complete = async (...words: string[]) => {
      const names = `bft() { printf '%s\\n' 'cfec-001-a $(touch ${at('harm')}).task.json' other.task.json; }`;
      const call = `${names}; . "$0"; COMP_WORDS=(bft "$@"); COMP_CWORD=$#; _bft; printf '%s\\n' "\${COMPREPLY[@]}"`;
      return (await runToEnd('bash', ['-c', call, at('completion'), ...words])).out.trim().split('\n');
    };
    assert.deepEqual(await complete('his'), ['history']);
    assert.deepEqual(await complete('recv', '--on'), ['--on-node']);
    assert.deepEqual(await complete('gentask', '--policy', 'p'), ['priortime']);
    assert.deepEqual(await complete('completion', ''), ['bash', 'zsh', 'fish']);
    const [name = ''] = await complete('pause', 'cfec');
    assert.match(name, /^cfec-001-a\\ \\\$\\\(touch/);
    assert.deepEqual(await readdir(at()), ['completion']);
  });

  it('prints completions for zsh and fish that name every command and option', async () => {
    for (const shell of ['zsh', 'fish']) {
      const { out } = await bft(['completion', shell]);
      for (const { name, options = [] } of COMMANDS)
        for (const word of [name, ...options.map(option => option.name)])
          assert.ok(out.includes(word), `${shell} ${word}`);
      if ((await runToEnd('which', [shell])).code !== 0) continue;
      await writeFile(at(shell), out);
      assert.equal((await runToEnd(shell, ['-n', at(shell)])).code, 0, shell);
    }
  });

  it('writes man pages of all commands, which groff takes without a warning', async () => {
    assert.equal((await bft(['man', at('man')])).code, 0);
    const pages = await readdir(at('man'));
    assert.equal(pages.length, COMMANDS.length + 1);
    for (const page of pages) assert.match(await readFile(at('man', page), 'utf8'), /^\.TH BFT.* 1 [^]*^\.SH NAME$/m);
    assert.deepEqual(Object.keys(EXIT_TEXTS).map(Number), Object.values(EXIT));
    if ((await runToEnd('which', ['groff'])).code !== 0) return;
    const { code, err } = await runToEnd('groff', [
      '-man',
      '-Tutf8',
      '-ww',
      '-z',
      ...pages.map(page => at('man', page)),
    ]);
    assert.deepEqual([code, err], [0, '']);
    assert.match((await runToEnd('groff', ['-man', '-Tutf8', at('man', 'bft-cancel.1')])).out, /--delete-files/);
  });
});
