import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { ApiServer } from '../../src/api/server.ts';
import { BftError } from '../../src/core/errors.ts';
import { silentLog } from '../../src/core/log.ts';
import { type Api, liveStreams, nodeWith, startApi } from './harness.ts';

describe('api: GET tools', () => {
  let api: Api;
  let reload: () => Promise<void>;
  before(async () => {
    api = await startApi({ serverType: 'cacher', reload: () => reload() });
  });
  after(() => api.stop());
  beforeEach(() => {
    reload = () => Promise.resolve();
  });

  const get = async (path: string) => {
    const { status, headers, text } = await api.send({ path });
    assert.equal(status, 200);
    return { type: headers['content-type'], text };
  };

  it('BA-04, C-46 /heartbeat says the local time, in quotes', async () => {
    assert.deepEqual(await get('/heartbeat'), {
      type: 'text/plain; charset=utf-8',
      text: '"2021-05-28 22:32:26 is living."',
    });
  });

  it('BA-05, C-46 /version is 2.001, without quotes', async () => {
    assert.deepEqual(await get('/version'), { type: 'text/plain; charset=utf-8', text: '2.001' });
  });

  it('BA-03 /reloadconf says that it reloaded, in quotes', async () => {
    let reloads = 0;
    reload = async () => void reloads++;
    assert.deepEqual(await get('/reloadconf'), {
      type: 'text/plain; charset=utf-8',
      text: '"reload config.json ok."',
    });
    assert.equal(reloads, 1);
  });

  it('BA-03 /reloadconf says why it could not', async () => {
    reload = () => Promise.reject(new BftError('CONFIG_INVALID', 'config.json line 3: "btport" must be a number'));
    assert.equal((await get('/reloadconf')).text, '"config.json line 3: "btport" must be a number"');
    reload = () => Promise.reject(new Error('disk on fire'));
    assert.match((await get('/reloadconf')).text, /^".*disk on fire"$/);
  });

  it("decision 7 /api/v1/status has the software's own version", async () => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    const { type, text } = await get('/api/v1/status');
    assert.match(type ?? '', /^application\/json/);
    assert.deepEqual(JSON.parse(text), { version, protocol: '2.001', servertype: 'cacher', btport: 6881 });
  });

  it('answers HEAD without a body', async () => {
    const { status, body } = await api.send({ method: 'HEAD', path: '/heartbeat' });
    assert.deepEqual([status, body.length], [200, 0]);
  });

  it('stops, and twice; and says which key to change when its address is taken', async () => {
    const address = { host: '127.0.0.1', port: api.port };
    const second = new ApiServer({ node: nodeWith(), streams: liveStreams(), log: silentLog }, { address, token: '' });
    await assert.rejects(second.start(), { code: 'LISTEN_FAILED', message: /"apilisten"/ });
    await second.stop();
    const third = await startApi();
    await third.stop();
    await third.stop();
  });
});
