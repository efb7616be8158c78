import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { parseConfig } from '../../../src/config/load.ts';
import { summaryOf } from '../../../src/daemon/overview/summary.ts';
import { temporaryDirectory } from '../../temporary-directory.ts';

describe('daemon: the summary of a node', () => {
  const at = temporaryDirectory();

  it('is there without its disk, too: the tasks must not go out of sight with it', async () => {
    const config = parseConfig(JSON.stringify({ servertype: 'receiver', transferpath: at() }), 'config.json');
    const components = {
      current: () => config,
      rates: () => [],
      ownTimetables: () => ({}),
      timetables: () => Promise.resolve(new Map()),
    };
    assert.ok((await summaryOf(components, Date.now())).disk.size > 0);
    await rm(at(), { recursive: true });
    assert.deepEqual((await summaryOf(components, Date.now())).disk, { free: 0, size: 0 });
  });
});
