import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { normalize } from 'node:path';
import { checkPaths, checkRelativePath, checkSegment, checkTaskFileName, taskFileName } from '../../src/task/names.ts';

const unsafe = (work: () => unknown, message: RegExp) => assert.throws(work, { code: 'NAME_UNSAFE', message });

describe('task: names from outside (hostile input 5)', () => {
  it('accepts names as films have them', () => {
    const names = [
      'VOLINDEX',
      '影片_2D.mxf',
      'a b',
      '...',
      '..a',
      'a..',
      '.hidden',
      '-rf',
      "it's",
      'C:',
      '100%',
      '# 1?',
      'é',
    ];
    for (const name of names) assert.equal(checkSegment(name), name);
    assert.equal(checkRelativePath('sub dir/深い/reel.mxf'), 'sub dir/深い/reel.mxf');
  });

  it('refuses what leads elsewhere', () => {
    for (const name of ['', '.', '..']) unsafe(() => checkSegment(name), /empty, "\." or "\.\."/);
    for (const name of ['/', 'a/b', '/etc/passwd', '../x']) unsafe(() => checkSegment(name), /contains \//);
    const paths = ['', '/', '/etc/passwd', 'a//b', 'a/', './a', 'a/.', '..', '../x', 'a/../b', 'a/../../../x', 'a/..'];
    for (const path of paths) unsafe(() => checkRelativePath(path), /empty, "\." or "\.\."/);
  });

  it('refuses control characters, NUL and the backslash', () => {
    for (let code = 0; code < 0x20; code++) unsafe(() => checkSegment(`a${String.fromCharCode(code)}b`), /control/);
    for (const name of ['a\u007f', '..\\..\\x', '\\', 'C:\\x']) unsafe(() => checkSegment(name), /control/);
    unsafe(() => checkRelativePath('sub/a\u0000.mxf'), /control/);
  });

  it('refuses half a character', () => {
    for (const name of ['a\ud800', '\udfffb']) unsafe(() => checkSegment(name), /valid Unicode/);
  });

  it('refuses names that are too long, counted in bytes, and does not repeat them', () => {
    assert.doesNotThrow(() => checkSegment('片'.repeat(85)));
    unsafe(() => checkSegment('片'.repeat(86)), /longer than 255 bytes/);
    unsafe(() => checkSegment('a'.repeat(256)), /longer than 255 bytes/);
    unsafe(
      () => checkRelativePath(Array.from({ length: 16 }, () => 'a'.repeat(200)).join('/')),
      /longer than 3000 bytes/,
    );
    assert.throws(
      () => checkSegment('a'.repeat(1_000_000)),
      (error: Error) => error.message.length < 400,
    );
  });

  it('refuses directories in directories without end: the paths of a whole torrent of them would block the daemon', () => {
    const deep = (depth: number) => Array.from({ length: depth }, () => 'a').join('/');
    assert.equal(checkRelativePath(deep(64)), deep(64));
    unsafe(() => checkRelativePath(deep(65)), /deeper than 64/);
  });

  it('never accepts a path that leaves the package', () => {
    const segment = fc.oneof(fc.constantFrom('..', '.', '', 'a', '\\', '...'), fc.string());
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1, maxLength: 5 }), segments => {
        const path = segments.join('/');
        try {
          checkRelativePath(path);
        } catch (error) {
          assert.equal((error as { code?: unknown }).code, 'NAME_UNSAFE');
          return;
        }
        assert.equal(normalize(path), path);
        assert.ok(!path.startsWith('/') && !path.split('/').includes('..'), path);
      }),
      { numRuns: 500 },
    );
  });
});

describe('task: the paths of a package together', () => {
  it('accepts different ones, in the same and in different directories', () => {
    checkPaths(['a', 'b', 'sub/a', 'sub/b', 'sub/sub/a', 'sub2']);
    checkPaths([]);
  });

  it('refuses two that would be one file, also on a disk that folds case or Unicode', () => {
    for (const [one, other] of [
      ['a', 'a'],
      ['reel.mxf', 'Reel.MXF'],
      ['sub/a', 'SUB/a'],
      ['caf\u00e9', 'cafe\u0301'],
      ['x/caf\u00e9/y', 'x/CAFE\u0301/y'],
    ] as const) {
      unsafe(() => checkPaths([one, 'between', other]), /collides with/);
    }
  });

  it('refuses a file that is the directory of another, whichever comes first', () => {
    for (const paths of [
      ['a', 'a/b'],
      ['a/b', 'a'],
      ['A/b/c', 'a/B'],
      ['x/y/z/w', 'x/y'],
    ]) {
      unsafe(() => checkPaths(paths), /is a file and a directory/);
    }
  });

  it('finds what a comparison of each with each finds', () => {
    const path = fc.array(fc.constantFrom('a', 'A', 'b', 'a-', 'a b', 'c'), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(fc.array(path, { maxLength: 6 }), all => {
        const paths = all.map(segments => segments.join('/'));
        const folded = paths.map(each => each.toLowerCase());
        const collide = folded.some((one, i) =>
          folded.some((other, j) => i !== j && (other === one || other.startsWith(`${one}/`))),
        );
        if (collide) unsafe(() => checkPaths(paths), /collides with|is a file and a directory/);
        else checkPaths(paths);
      }),
      { numRuns: 500 },
    );
  });

  it('looks at every single path', () => {
    unsafe(() => checkPaths(['a', 'b', '../c']), /empty, "\." or "\.\."/);
  });
});

describe('task: names of task files (BD-01, C-32)', () => {
  it('are <basesubdir>-<name>.task.json', () => {
    assert.equal(taskFileName('cfec-001', 'xiaofang'), 'cfec-001-xiaofang.task.json');
    unsafe(() => taskFileName('cfec-001', 'a/b'), /contains \//);
    unsafe(() => taskFileName('cfec-001', 'a'.repeat(240)), /longer than/);
  });

  it('are taken bare, with their ending, and not hidden', () => {
    assert.equal(checkTaskFileName('cfec-001-xiaofang.task.json'), 'cfec-001-xiaofang.task.json');
    for (const name of ['x.json', '.task.json', 'task.json', '.x.task.json', 'x.task.json.err', 'x.TASK.JSON']) {
      unsafe(() => checkTaskFileName(name), /a task file is named/);
    }
    for (const name of ['../x.task.json', '/tmp/x.task.json', 'a\u0000.task.json']) {
      unsafe(() => checkTaskFileName(name), /contains/);
    }
  });
});
