import assert from 'node:assert/strict';
import { ReadCache } from '../../../src/transports/bt/engine/read-cache.ts';

describe('ReadCache', () => {
  let loads: string[];
  beforeEach(() => {
    loads = [];
  });

  const load =
    (key: string, size = 10) =>
    () => {
      loads.push(key);
      return Promise.resolve(new Uint8Array(size));
    };

  it('loads once what is asked for twice, also at the same time', async () => {
    const cache = new ReadCache(100);
    await Promise.all([cache.get('a', load('a')), cache.get('a', load('a'))]);
    await cache.get('a', load('a'));
    assert.deepEqual(loads, ['a']);
  });

  it('forgets the least recently used beyond its size', async () => {
    const cache = new ReadCache(25);
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await cache.get(key, load(key));
    assert.deepEqual(loads, ['a', 'b', 'c', 'b']);
  });

  it('does not keep a failure', async () => {
    const cache = new ReadCache(100);
    await assert.rejects(
      cache.get('a', () => Promise.reject(new Error('EIO'))),
      /EIO/,
    );
    await cache.get('a', load('a'));
    assert.deepEqual(loads, ['a']);
  });

  it('forgets by prefix', async () => {
    const cache = new ReadCache(100);
    for (const key of ['x/1', 'y/1']) await cache.get(key, load(key));
    cache.drop('x/');
    for (const key of ['x/1', 'y/1']) await cache.get(key, load(key));
    assert.deepEqual(loads, ['x/1', 'y/1', 'x/1']);
  });
});
