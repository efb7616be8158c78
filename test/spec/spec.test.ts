import assert from 'node:assert/strict';
import { measureTree } from './coverage.ts';
import { measure } from './measure.ts';
import { parseRows, quotedIds } from './rows.ts';

const ROWS = parseRows(`# BS: send
BS-01 parameters
BS-02 states
BS-05 again

# P: split
P-001 by size
P-002 the example
`);
const covered = (text: string, notYet = '') =>
  measure(ROWS, notYet, [{ path: 'test/a.test.ts', text: `it('${text}', () => {});` }]);

describe('every row of the specification has a test or a reason', () => {
  it('holds for this tree (npm run coverage:spec says more)', async () => {
    const { rows, coverage } = await measureTree();
    assert.deepEqual(
      coverage.missing.map(id => `${id} ${rows.words.get(id)}`),
      [],
    );
    assert.deepEqual(coverage.faults, []);
  });

  it('reads rows by family, and refuses one that stands twice', () => {
    assert.deepEqual([...ROWS.words.keys()], ['BS-01', 'BS-02', 'BS-05', 'P-001', 'P-002']);
    assert.deepEqual(ROWS.families[1], { prefix: 'P', title: 'split' });
    assert.throws(() => parseRows('BS-01 a\nBS-01 b'), /BS-01 stands twice/);
  });

  for (const [text, ids] of Object.entries({
    'BS-01, P-002': ['BS-01', 'P-002'],
    '(BS-01 … BS-05)': ['BS-01', 'BS-02', 'BS-05'],
    'P-001…P-002': ['P-001', 'P-002'],
    'BS-01..02': ['BS-01', 'BS-02'],
    'BS-02: from 1 … 5': ['BS-02'],
    'ABS-01 BS-1 BS-0101 cfec-001 UTF-8': [],
  })) {
    it(`finds in ${JSON.stringify(text)}: ${ids.join() || 'nothing'}`, () =>
      assert.deepEqual([...quotedIds(text, ROWS)].toSorted(), ids));
  }

  it('misses a row that nobody quotes', () => {
    assert.deepEqual(covered('BS-01 … BS-05, P-001').missing, ['P-002']);
  });

  it('takes a reason for it, but not for a row that has a test, nor for none', () => {
    const { missing, reasons, faults } = covered('BS-01, P-001 … P-002', 'BS-01 … BS-05: later\n');
    assert.deepEqual([missing, [...reasons.values()]], [[], ['later', 'later', 'later']]);
    assert.deepEqual(faults, ['BS-01 has a reason for having no test, and a test: test/a.test.ts']);
    assert.deepEqual(covered('BS-01', 'BS-09: later').faults, ['a reason is given for BS-09, which is no row']);
    assert.deepEqual(covered('P-001', 'BS-01: a\nBS-01: b').faults, ['two reasons are given for BS-01']);
    assert.equal(covered('BS-01', 'BS-02').faults.length, 1);
    assert.equal(covered('BS-01', 'windows: later').faults.length, 1);
  });

  it('names a quote of what is no row', () => {
    assert.deepEqual(covered('BS-01 … BS-09').faults, ['BS-09 is no row: test/a.test.ts']);
  });

  it('counts no file without a test in it', () => {
    const harness = [{ path: 'test/harness.ts', text: '/** (BS-01) */ export const split = exit();' }];
    assert.equal(measure(ROWS, '', harness).quotedBy.size, 0);
    const cases = [{ path: 'test/frank/send.frank', text: '// BS-01\n' }];
    assert.deepEqual([...measure(ROWS, '', cases).quotedBy.keys()], ['BS-01']);
  });
});
