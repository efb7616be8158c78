import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { Places } from '../../src/roles/places.ts';

describe('places for work that all comes at once (BS-31)', () => {
  const never = new AbortController().signal;
  /** Work that goes on until it is told to end. */
  const begin = (places: Places, begun: number[], number: number, signal = never) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const done = places.run(signal, async () => {
      begun.push(number);
      await promise;
    });
    return { done, end: resolve };
  };

  it('are never more than the limit, and the next one begins when one is free', async () => {
    const begun: number[] = [];
    const places = new Places(() => 2);
    const works = [0, 1, 2, 3].map(number => begin(places, begun, number));
    await turn();
    assert.deepEqual(begun, [0, 1]);
    works[1]?.end();
    await works[1]?.done;
    await turn();
    assert.deepEqual(begun, [0, 1, 2]);
    for (const { end } of works) end();
    await Promise.all(works.map(({ done }) => done));
    assert.deepEqual(begun, [0, 1, 2, 3]);
  });

  it('are given back by work that fails, and not waited for by what is stopped', async () => {
    const places = new Places(() => 1);
    await assert.rejects(
      places.run(never, () => Promise.reject(new Error('broken'))),
      /broken/,
    );
    const begun: number[] = [];
    const first = begin(places, begun, 0);
    const stopping = new AbortController();
    const second = begin(places, begun, 1, stopping.signal);
    stopping.abort(new Error('stopped'));
    await assert.rejects(second.done, /stopped/);
    first.end();
    await first.done;
    assert.deepEqual(begun, [0]);
  });
});
