import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { FINDINGS } from '../../src/dcp/findings.ts';

describe('dcp: the page of the findings', () => {
  it('has a section for every code, and none for others, with what it makes of a package and what comes next', async () => {
    const page = await readFile(new URL('../../docs/PACKAGE-CHECK.md', import.meta.url), 'utf8');
    const [, findings = ''] = page.split(/^# Findings$/m);
    const sections = findings.split(/^## /m).slice(1);
    assert.deepEqual(
      sections.map(section => section.split('\n')[0]),
      Object.keys(FINDINGS),
    );
    for (const [index, { severity, verdict, next }] of Object.values(FINDINGS).entries()) {
      const section = sections[index] ?? '';
      assert.match(section, new RegExp(`^${severity}`, 'im'));
      assert.equal(section.includes(`the package is ${verdict}.`), verdict !== 'valid', section);
      assert.ok(section.includes(`Next: ${next}`), section);
    }
  });
});
