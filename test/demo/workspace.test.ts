import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { UsageFailure } from '../../src/demo/failure.ts';
import { Workspace } from '../../src/demo/workspace.ts';
import { scratchDirectory, writeTree } from './scratch.ts';

for (const how of ['remove', 'removeNow'] as const) {
  describe(`demo workspace, ${how}`, () => {
    const at = scratchDirectory();
    const fill = async (workspace: Workspace) => {
      await writeTree(await workspace.make('sender'), { 'state/x': '1' });
      await workspace.make('cacher');
    };

    it('is a new temporary directory that goes again', async () => {
      const workspace = await Workspace.open();
      await fill(workspace);
      assert.ok(workspace.root.includes(tmpdir()));
      await workspace[how]();
      assert.ok(!existsSync(workspace.root));
    });

    it('leaves an empty directory that was given empty', async () => {
      await mkdir(at('given'));
      const workspace = await Workspace.open(at('given'));
      await fill(workspace);
      await workspace[how]();
      assert.deepEqual(readdirSync(at('given')), []);
    });

    it('removes the directories that it had to make, and no other', async () => {
      const workspace = await Workspace.open(at('a/b/c'));
      await fill(workspace);
      await workspace[how]();
      assert.deepEqual(readdirSync(at()), []);
    });

    it("keeps somebody else's file", async () => {
      const workspace = await Workspace.open(at('a/b'));
      await fill(workspace);
      await writeFile(at('a/notes'), 'mine');
      await writeFile(at('a/b/notes'), 'mine');
      await workspace[how]();
      assert.deepEqual(readdirSync(at('a/b')), ['notes']);
    });

    it('does not mind that everything is gone already', async () => {
      const workspace = await Workspace.open(at('a'));
      await fill(workspace);
      await rm(at('a'), { recursive: true });
      await workspace[how]();
      await workspace[how]();
    });
  });
}

describe('demo workspace', () => {
  const at = scratchDirectory();

  it('refuses a directory that is not empty, and leaves it alone', async () => {
    await writeTree(at('full'), { '.hidden': '' });
    await assert.rejects(Workspace.open(at('full')), { constructor: UsageFailure, message: /not empty/ });
    assert.deepEqual(readdirSync(at('full')), ['.hidden']);
  });

  it('refuses a file, and a path below a file', async () => {
    await writeTree(at(), { file: '' });
    await assert.rejects(Workspace.open(at('file')), UsageFailure);
    await assert.rejects(Workspace.open(at('file/below')), UsageFailure);
  });
});
