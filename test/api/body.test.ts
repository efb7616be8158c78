import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { readAtMost } from '../../src/api/body.ts';
import { SteppedClock } from '../stepped-clock.ts';
import { startApi } from './harness.ts';

const LARGE = 64 * 1024 * 1024;
/** Until all that waits for nothing has gone on. */
const turn = () => new Promise<void>(resolve => setImmediate(resolve));

describe('api: bodies on slow lines', () => {
  const begin = () => {
    const clock = new SteppedClock(0);
    const body = Object.assign(new PassThrough(), { headers: {} });
    const reading = readAtMost(body, LARGE, clock);
    reading.catch(() => undefined);
    const after = async (seconds: number, bytes: number) => {
      body.write(Buffer.alloc(bytes));
      await turn();
      await clock.advance(seconds * 1000);
    };
    return { body, reading, after };
  };

  it('takes 64 MiB at 2 Mbit/s, which are almost five minutes', async () => {
    const { body, reading, after } = begin();
    for (let sent = 0; sent < LARGE; sent += 1024 * 1024) await after(4.2, 1024 * 1024);
    body.end();
    assert.equal((await reading).length, LARGE);
  });

  it('gives up those that send next to nothing: 30 s, and 8 KiB/s after that', async () => {
    const { body, reading, after } = begin();
    await after(29, 16 * 1024);
    await after(2, 0);
    assert.equal(await Promise.race([reading, turn()]), undefined);
    await after(1.5, 0);
    await assert.rejects(reading, { code: 'BODY_TOO_SLOW', message: 'only 16384 bytes of the body came' });
    body.destroy();
  });

  it('does not wait for the body of a call that wants none', async () => {
    const api = await startApi();
    const socket = connect(api.port, '127.0.0.1');
    socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1.1 200 [^]*connection: close/i);
    await once(socket.resume(), 'close');
    await api.stop();
  });

  it('lets go of who says nothing within its time, not half a minute later', async function () {
    this.timeout(20_000);
    const api = await startApi();
    const begun = performance.now();
    const socket = connect(api.port, '127.0.0.1');
    await once(socket.resume(), 'close');
    assert.ok(performance.now() - begun < 15_000);
    await api.stop();
  });
});
