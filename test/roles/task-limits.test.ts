import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { TaskLimits } from '../../src/roles/task-limits.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

describe('roles: limits of single tasks', () => {
  const at = temporaryDirectory();
  const known = new Set<string>();
  const open = async () => {
    const limits = new TaskLimits(at('state', 'limits.json'), task => Promise.resolve(known.has(task)));
    await limits.start();
    return limits;
  };

  it('outlive a restart, and go with their tasks', async () => {
    known.add('a').add('b');
    const limits = await open();
    await Promise.all([limits.set('a', { down: 1000 }), limits.set('b', { up: 5, down: 0 })]);
    assert.deepEqual([limits.of('a'), limits.of('b'), limits.of('c')], [{ down: 1000 }, { up: 5, down: 0 }, {}]);
    const again = await open();
    assert.deepEqual([again.of('a'), again.of('b')], [{ down: 1000 }, { up: 5, down: 0 }]);
    known.delete('b');
    await again.set('a', {});
    assert.equal(await readFile(at('state', 'limits.json'), 'utf8'), '{}');
  });

  it('a damaged record is named, and a task may be called anything', async () => {
    const limits = await open();
    assert.deepEqual(limits.of('__proto__'), {});
    assert.deepEqual(limits.of('constructor'), {});
    await limits.set('a', { up: 1 });
    await writeFile(at('state', 'limits.json'), '{"a":{"up":-1}}');
    await assert.rejects(open(), { code: 'CONFIG_INVALID', message: /limits\.json cannot be read/ });
  });
});
