import assert from 'node:assert/strict';
import { Interrupted, NodeFailure } from '../../src/demo/failure.ts';
import { poll, StallWatch, together } from '../../src/demo/waiting.ts';
import { never } from './scratch.ts';

describe('demo waiting', () => {
  it('asks until there is an answer', async () => {
    let asked = 0;
    assert.equal(await poll('it', async () => (++asked < 3 ? undefined : 'yes'), never), 'yes');
    assert.equal(asked, 3);
  });

  it('gives up in the end', async () => {
    const nothing = poll('the answer', async () => undefined, never, 1);
    await assert.rejects(nothing, { constructor: NodeFailure, message: /the answer/ });
  });

  it('ends with the reason of an abort', async () => {
    const aborted = AbortSignal.abort(new Interrupted('SIGINT'));
    await assert.rejects(
      poll('it', async () => undefined, aborted),
      Interrupted,
    );
  });

  it('notices that nothing moves', () => {
    let now = 0;
    const watch = new StallWatch(1000, { monotonic: () => now });
    watch.see('receiver-1', '0 bytes');
    now = 1000;
    watch.see('receiver-1', '0 bytes');
    watch.see('receiver-1', '1 byte');
    now = 2000;
    watch.see('receiver-1', '1 byte');
    now = 2001;
    assert.throws(() => watch.see('receiver-1', '1 byte'), {
      constructor: NodeFailure,
      message: /receiver-1: no progress/,
    });
  });
});

describe('demo together', () => {
  it('gives all results in order', async () => {
    assert.deepEqual(await together([async () => 1, async () => 2], never), [1, 2]);
    assert.deepEqual(await together([], never), []);
  });

  it('stops the others when one fails, waits for them, and throws the first failure', async () => {
    let ended = false;
    const waits = async (signal: AbortSignal) => {
      await poll('for ever', async () => undefined, signal).finally(() => {
        ended = true;
      });
    };
    const fails = async () => {
      throw new NodeFailure('broken');
    };
    await assert.rejects(together<void>([waits, fails], never), { message: 'broken' });
    assert.ok(ended);
  });
});
