import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, mkdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { DcpReport } from '../../src/dcp/check-dcp.ts';
import { fileOf, makeDcp } from '../dcp/packages.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const COMMAND = new URL('../../src/cli/check-dcp.ts', import.meta.url).href;
const CALL = `import(${JSON.stringify(COMMAND)})
  .then(({ checkDcpCommand }) => checkDcpCommand(process.argv.slice(1)))
  .then(code => process.exitCode = code)`;

describe('cli: check of a DCP', () => {
  const at = temporaryDirectory();
  const run = async (...args: string[]) => {
    try {
      const call = ['--eval', CALL, '--', ...args];
      const { stdout, stderr } = await promisify(execFile)(process.execPath, call, { timeout: 30_000 });
      return { code: 0, out: stdout, err: stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { code, out: stdout, err: stderr };
    }
  };

  it('ends with 0 for a valid package, with the report as text and as JSON', async () => {
    await makeDcp(at('film'));
    const text = await run(at('film'));
    assert.deepEqual([text.code, text.err], [0, '']);
    assert.match(
      text.out,
      /^SMPTE package "Film_FTR_S": valid\n12 files, .*; SHA-1 of 9 files compared\nPKL .*no signature\nCPL /,
    );
    const json = await run(at('film'), '--json', '--no-hash');
    const { verdict, hashes } = JSON.parse(json.out) as DcpReport;
    assert.deepEqual([json.code, verdict, hashes], [0, 'valid', { checked: 0, unchecked: 9 }]);
  });

  it('ends with 7 for a broken one and names the file, with 3 where there is none', async () => {
    await makeDcp(at('film'));
    const essence = await fileOf(at('film'), 'pic_');
    await appendFile(at('film', essence), 'x');
    const { code, out } = await run(at('film'));
    assert.equal(code, 7);
    assert.match(out, new RegExp(`error {3}SIZE_DIFFERS: ${essence} has`));
    await mkdir(at('none'));
    const none = await run(at('none'));
    assert.deepEqual([none.code, none.out], [3, '']);
    assert.match(none.err, /it is no DCP/);
    const { error } = JSON.parse((await run(at('none'), '--json')).err) as { error: { code: string } };
    assert.equal(error.code, 'SOURCE_MISSING');
    assert.match((await run('a', 'b')).err, /USAGE|it wants one directory/);
  });
});
