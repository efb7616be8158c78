import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as fc from 'fast-check';
import { walkPackage } from '../../src/disk/walk.ts';
import { assemble, cleanUp, isAssembling } from '../../src/transfer/assemble.ts';
import { inTemporaryDirectory, temporaryDirectory, writeFiles } from '../temporary-directory.ts';
import { runUntilDeath } from './crash.ts';
import { type Delivered, elsewhere, packageFor, stage } from './delivered-package.ts';

const NEW = {
  'reel.mxf': Buffer.alloc(3000, 'new'),
  'sub/sound.mxf': Buffer.alloc(2000, 'new sound'),
  'sub/deep/ASSETMAP.xml': Buffer.alloc(1000, 'new map'),
  'sub/empty': Buffer.of(),
};
/** Another package under the same name. */
const OTHER = { 'reel.mxf': Buffer.alloc(3000, 'other'), other: Buffer.alloc(70, 'o') };
const OLD = { 'reel.mxf': Buffer.alloc(2500, 'old'), 'only in the old one': Buffer.from('x') };

/** Made once: hashing it anew for every moment of every test would take most of their time. */
let template: Delivered;

async function treeOf(root: string): Promise<Record<string, Buffer>> {
  const { files } = await walkPackage(root);
  const entries = files.map(async ({ path }) => [path, await readFile(`${root}/${path}`)] as const);
  return Object.fromEntries(await Promise.all(entries));
}
const sorted = (content: Readonly<Record<string, Buffer>>) =>
  Object.fromEntries(Object.entries(content).toSorted(([a], [b]) => (a < b ? -1 : 1)));

const isThere = async (path: string, content: Readonly<Record<string, Buffer>>) => {
  if (!existsSync(path)) return false;
  return assert.deepEqual(sorted(await treeOf(path)), sorted(content)) ?? true;
};
const marked = ({ item }: Delivered) => existsSync(`${item.packagePath}.finished`);

/** A package that was received and verified, where an older one of its name may stand. */
async function received(root: string, replaces: boolean): Promise<Delivered> {
  const delivered = elsewhere(template, root);
  await stage(delivered);
  if (replaces) {
    await writeFiles(delivered.item.packagePath, OLD);
    await writeFiles(dirname(delivered.item.packagePath), { 'pkg.finished': '' });
  }
  return delivered;
}

/** What must hold at every moment: a marked package is complete, and the old one is not lost before the new one is in its place. */
async function assertConsistent(delivered: Delivered, replaces: boolean): Promise<void> {
  const { packagePath, replacedPath } = delivered.item;
  if (existsSync(packagePath)) {
    const isOld = existsSync(`${packagePath}/only in the old one`);
    assert.ok(await isThere(packagePath, isOld ? OLD : NEW));
    assert.ok(replaces || !isOld);
  } else {
    assert.equal(marked(delivered), false, 'marked as finished without a package');
    if (replaces) assert.ok(await isThere(replacedPath, OLD), 'the old package is lost');
  }
}

async function assertFinished(delivered: Delivered): Promise<void> {
  assert.ok(await isThere(delivered.item.packagePath, NEW));
  assert.ok(marked(delivered));
}

describe('transfer: assembling', () => {
  let home = '';
  before(async () => {
    home = await mkdtemp(join(tmpdir(), 'bftv2-test-'));
    template = await packageFor(home, NEW);
  });
  after(() => rm(home, { recursive: true, force: true }));

  describe('a package', () => {
    const at = temporaryDirectory();

    it('BR-03, BD-16: gives the package its place and then its mark, and leaves no working data', async () => {
      const delivered = await received(at(), false);
      assert.equal(await isAssembling(delivered.item), false);
      await assemble(delivered.item);
      await assertFinished(delivered);
      assert.equal(await isAssembling(delivered.item), true);
      await cleanUp(delivered.item);
      assert.equal(await isAssembling(delivered.item), false);
      await assertFinished(delivered);
      const left = await readdir(at('transfer'), { recursive: true, withFileTypes: true });
      assert.deepEqual(
        left.filter(entry => entry.isFile() || entry.name.startsWith('pkg')),
        [],
      );
    });

    it('decision 22: replaces a package of that name whole: no file of the old one stays', async () => {
      const delivered = await received(at(), true);
      await assemble(delivered.item);
      await assertFinished(delivered);
      assert.ok(await isThere(delivered.item.replacedPath, OLD));
      await cleanUp(delivered.item);
      assert.equal(existsSync(delivered.item.replacedPath), false);
    });

    it('refuses to finish a package that lacks a file, and leaves the old one as it is', async () => {
      const delivered = await received(at(), true);
      const lost = 'sub/sound.mxf';
      await rm(delivered.item.stagingPath(delivered.methodOf(lost), lost));
      const failing = { code: 'VERIFY_FAILED', message: /sub\/sound\.mxf is gone from the transfer directories/ };
      await assert.rejects(assemble(delivered.item), failing);
      assert.ok(await isThere(delivered.item.packagePath, OLD));
      assert.ok(marked(delivered));
    });

    it('cleans up what never began', async () => {
      const { item } = elsewhere(template, at());
      await cleanUp(item);
      await cleanUp(item);
    });
  });

  describe('by a daemon that dies (fault 2)', () => {
    for (const replaces of [false, true]) {
      const what = replaces ? ', replacing an older package (decision 22)' : '';

      it(`ends right, from every moment at which it may die${what}`, async function () {
        this.timeout(60_000);
        let dies = 0;
        for (let died = true; died; ) {
          dies += 1;
          died = await inTemporaryDirectory(async root => {
            const delivered = await received(root, replaces);
            const died = await runUntilDeath(dies, () => assemble(delivered.item));
            await assertConsistent(delivered, replaces);
            await assemble(delivered.item);
            await assertFinished(delivered);
            await cleanUp(delivered.item);
            await assertFinished(delivered);
            return died;
          });
        }
        assert.ok(dies > 30, `only ${dies} moments`);
      });
    }

    it('ends right when it dies again while it recovers, and while it cleans up (fault 4)', async () => {
      const moment = fc.integer({ min: 1, max: 50 });
      await fc.assert(
        fc.asyncProperty(fc.boolean(), moment, moment, moment, (replaces, first, second, third) =>
          inTemporaryDirectory(async root => {
            const delivered = await received(root, replaces);
            for (const dies of [first, second]) {
              await runUntilDeath(dies, () => assemble(delivered.item));
              await assertConsistent(delivered, replaces);
            }
            await assemble(delivered.item);
            await runUntilDeath(third, () => cleanUp(delivered.item));
            await assertFinished(delivered);
            await cleanUp(delivered.item);
            await assertFinished(delivered);
            assert.equal(await isAssembling(delivered.item), false);
          }),
        ),
        { numRuns: 20 },
      );
    });

    it('never takes what another task of that name left for its own', async function () {
      this.timeout(60_000);
      const other = await packageFor(join(home, 'other'), OTHER);
      for (let dies = 1, died = true; died; dies += 3) {
        died = await inTemporaryDirectory(async root => {
          const [left, delivered] = [await received(root, false), elsewhere(other, root)];
          const died = await runUntilDeath(dies, () => assemble(left.item));
          assert.equal(await isAssembling(delivered.item), false);
          await stage(delivered);
          await assemble(delivered.item);
          assert.ok(await isThere(delivered.item.packagePath, OTHER));
          return died;
        });
      }
    });

    it('ends right when it is killed for real around every rename', async function () {
      this.timeout(60_000);
      const fixture = fileURLToPath(new URL('assemble.fixture.ts', import.meta.url));
      for (let nth = 1, killed = true; killed; nth++) {
        killed = await inTemporaryDirectory(async root => {
          const delivered = await received(root, true);
          const { name, task, packagePath } = delivered.item;
          const described = JSON.stringify([name, task, { packagePath, transferPath: `${root}/transfer` }]);
          const when = nth % 2 === 0 ? 'before' : 'after';
          const child = spawn(process.execPath, [fixture, described, when, String(nth)], { stdio: 'inherit' });
          const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
          assert.ok(signal === 'SIGKILL' || code === 0);
          await assertConsistent(delivered, true);
          await assemble(delivered.item);
          await assertFinished(delivered);
          return signal === 'SIGKILL';
        });
      }
    });
  });

  it('a clean-up between the two renames gives the old package its place again (decision 14, decision 22)', async () => {
    await inTemporaryDirectory(async root => {
      const { item } = await received(root, true);
      await mkdir(dirname(item.replacedPath), { recursive: true });
      await rename(item.packagePath, item.replacedPath);
      await rm(`${item.packagePath}.finished`);
      await cleanUp(item);
      assert.ok(await isThere(item.packagePath, OLD));
      assert.ok(existsSync(`${item.packagePath}.finished`));
      assert.ok(!existsSync(item.replacedPath));
    });
  });
});
