import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { NodeClient } from '../../src/demo/node/client.ts';
import { NodePlace } from '../../src/demo/node/config.ts';
import { listTree } from '../../src/demo/tree/list.ts';
import { verify } from '../../src/demo/verify.ts';
import { never, scratchDirectory, writeTree } from './scratch.ts';

const FILES = { 'ASSETMAP.xml': '<a/>', 'reel/pic.mxf': 'picture', empty: '' };

describe('demo verification', () => {
  const at = scratchDirectory();
  const check = async () => {
    const { files } = await listTree(at('film'));
    const sent = { name: 'Film', path: '', original: at('film'), source: '', files, bytes: 11, emptyDirectories: [] };
    const receivers = ['receiver-1', 'receiver-2'].map(name => {
      return {
        name,
        place: new NodePlace(at(name)),
        client: new NodeClient(name, 1, never),
        btPort: 1,
        consoleUrl: '',
      };
    });
    const view = { stage() {}, progress() {}, close() {} };
    return Object.fromEntries(await verify(sent, receivers, view, never));
  };

  beforeEach(async () => {
    await writeTree(at('film'), FILES);
    for (const name of ['receiver-1', 'receiver-2']) {
      await writeTree(at(name, 'dcp/Film'), FILES);
      await writeFile(at(name, 'dcp/Film.finished'), '');
    }
  });

  it('finds nothing where all is well', async () => {
    assert.deepEqual(await check(), { 'receiver-1': [], 'receiver-2': [] });
  });

  it('finds a bad file at one receiver only', async () => {
    await writeFile(at('receiver-2/dcp/Film/reel/pic.mxf'), 'Picture');
    assert.deepEqual(await check(), { 'receiver-1': [], 'receiver-2': ['content differs: reel/pic.mxf'] });
  });

  it('misses the mark of a finished package', async () => {
    await rm(at('receiver-1/dcp/Film.finished'));
    assert.deepEqual((await check())['receiver-1'], ['the mark .finished is missing']);
  });

  it('misses a package that is not there', async () => {
    await rm(at('receiver-1/dcp/Film'), { recursive: true });
    assert.deepEqual((await check())['receiver-1'], ['the package is not in the storage']);
  });

  it('compares with the source as it is now', async () => {
    await writeFile(at('film/ASSETMAP.xml'), '<b/>');
    assert.deepEqual((await check())['receiver-1'], ['content differs: ASSETMAP.xml']);
  });
});
