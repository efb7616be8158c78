import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { EXIT } from '../../src/cli/exit-codes.ts';
import { BFT } from './bft.ts';

/** As many events of one life of a node. */
const events = (many: number, day: string) =>
  Array.from({ length: many }, (_, index) => ({
    number: index + 1,
    code: 'X',
    task: '',
    text: day,
    time: `${day} ${index}`,
  }));

describe('bft events --follow', function () {
  this.timeout(30_000);

  it('loses and doubles nothing when the node is started anew, and counts from 1 again', async () => {
    let log = events(2, 'before');
    const server = createServer(({ url }, answer) => {
      const since = Number(new URL(url ?? '', 'http://node').searchParams.get('since') ?? 0);
      answer.end(JSON.stringify({ events: log.filter(({ number }) => number > since) }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const following = spawn(BFT, ['events', '--follow', '--json', '--node', `127.0.0.1:${port}`]);
    const lines = createInterface({ input: following.stdout })[Symbol.asyncIterator]();
    const next = async () => (JSON.parse(String((await lines.next()).value)) as { time: string }).time;
    try {
      assert.deepEqual([await next(), await next()], ['before 0', 'before 1']);
      log = [...log, ...events(3, 'before').slice(2)];
      assert.equal(await next(), 'before 2');
      log = events(5, 'after');
      for (let event = 0; event < 5; event++) assert.equal(await next(), `after ${event}`);
      following.kill('SIGINT');
      assert.deepEqual(await once(following, 'exit'), [EXIT.interrupted, null]);
    } finally {
      following.kill('SIGKILL');
      server.close();
    }
  });
});
