import assert from 'node:assert/strict';
import { unlessAborted } from '../../src/core/unless-aborted.ts';

describe('core: unless aborted', () => {
  const endless = new Promise<never>(() => {});

  it('settles like the work', async () => {
    const { signal } = new AbortController();
    assert.equal(await unlessAborted(Promise.resolve(7), signal), 7);
    await assert.rejects(unlessAborted(Promise.reject(new Error('broken')), signal), /broken/);
  });

  it('rejects with the reason at once, also when it was aborted before; a work that fails later harms nobody', async () => {
    const controller = new AbortController();
    const work = Promise.withResolvers<void>();
    const waiting = unlessAborted(work.promise, controller.signal);
    controller.abort(new Error('stopped'));
    await assert.rejects(waiting, /stopped/);
    work.reject(new Error('later'));
    await assert.rejects(unlessAborted(endless, controller.signal), /stopped/);
  });
});
