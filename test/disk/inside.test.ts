import assert from 'node:assert/strict';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { isInside, realPathInside, refuseLinks } from '../../src/disk/inside.ts';
import { temporaryDirectory, writeFiles } from '../temporary-directory.ts';

describe('disk: what is inside a root (hostile input 6)', () => {
  const at = temporaryDirectory();

  it('compares whole segments', () => {
    for (const inside of ['/data/dcp', '/data/dcp/x', '/data/dcp/..x', '/data/dcp/.../x']) {
      assert.equal(isInside('/data/dcp', inside), true, inside);
    }
    for (const outside of ['/data/dcp2', '/data/dcp-tmp/x', '/data', '/', '/data/dc', '/etc/data/dcp']) {
      assert.equal(isInside('/data/dcp', outside), false, outside);
    }
    assert.equal(isInside('/', '/anything'), true);
  });

  it('takes whatever is joined to the root without ".." for inside, and never more', () => {
    const segments = fc.array(fc.constantFrom('a', 'b', '..', '...', '.a'), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(segments, segments => {
        let depth = 0;
        // `join` climbs at most to the top: /r/o is two levels deep.
        for (const segment of segments) depth = segment === '..' ? Math.max(depth - 1, -2) : depth + 1;
        const path = join('/r/o', ...segments);
        assert.equal(isInside('/r/o', path), path === '/r/o' || path.startsWith('/r/o/'));
        if (!segments.includes('..')) assert.equal(isInside('/r/o', path), depth > 0);
      }),
    );
  });

  it('refuses a path through a link below the root, at any depth, and names the link', async () => {
    await mkdir(at('root', 'real'), { recursive: true });
    await mkdir(at('outside'));
    await symlink(at('outside'), at('root', 'real', 'link'));
    for (const path of [at('root', 'real', 'link'), at('root', 'real', 'link', 'x', 'y')]) {
      await assert.rejects(refuseLinks(at('root'), path), {
        code: 'NAME_UNSAFE',
        message: `${at('root', 'real', 'link')} is a symbolic link; links below ${at('root')} are not followed`,
      });
    }
  });

  it('refuses a link that leads nowhere, or back inside', async () => {
    await mkdir(at('root'));
    await symlink(at('root', 'nowhere'), at('root', 'dangling'));
    await symlink('.', at('root', 'loop'));
    await assert.rejects(refuseLinks(at('root'), at('root', 'dangling')), { code: 'NAME_UNSAFE' });
    await assert.rejects(refuseLinks(at('root'), at('root', 'loop', 'loop')), { code: 'NAME_UNSAFE' });
  });

  it('allows what does not exist yet, what has no links, and a root that is a link itself', async () => {
    await writeFiles(at('disk'), { 'a/file': 'x' });
    await symlink(at('disk'), at('root'));
    for (const path of ['a/file', 'a/new', 'new/new/new']) await refuseLinks(at('root'), at('root', path));
  });

  it('resolves links, and hides what they lead out to', async () => {
    await writeFiles(at(), { 'disk/pkg/reel': 'x', 'secret/key': 'x', 'disk2/x': 'x' });
    await symlink(at('disk'), at('root'));
    await symlink(at('secret'), at('disk', 'out'));
    await symlink(at('disk2'), at('disk', 'sibling'));
    await symlink(at('disk', 'pkg'), at('disk', 'alias'));
    await symlink('loop', at('disk', 'loop'));
    const resolved = (path: string) => realPathInside(at('root'), join(at('root'), path));
    assert.equal(await resolved('pkg/reel'), at('disk', 'pkg', 'reel'));
    assert.equal(await resolved('alias/reel'), at('disk', 'pkg', 'reel'));
    assert.equal(await resolved('.'), at('disk'));
    for (const path of [
      'out/key',
      'out',
      'sibling/x',
      '..',
      '../secret/key',
      'gone',
      'pkg/reel/x',
      'loop',
      'a'.repeat(300),
    ]) {
      assert.equal(await resolved(path), undefined, path);
    }
  });
});
