import assert from 'node:assert/strict';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { BucketsFile } from '../../src/config/buckets.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const KEYS = { accessKey: 'AK1', secretKey: 'SK1', endpoint: 'obs.example.com' };

describe('config: the keys of each bucket (decision 23, BC-44)', () => {
  const at = temporaryDirectory();
  const write = async (text: string, mode = 0o600) => {
    await rm(at('buckets'), { force: true });
    await writeFile(at('buckets'), text, { mode });
  };
  const file = () => new BucketsFile(() => at('buckets'));

  it('reads lines of bucket, access key, secret key and endpoint; blank ones and comments are nothing', async () => {
    await write(
      '# our buckets\n\ncfec-001 AK1 SK1 obs.example.com\n  \t\n  # more\n\tcfec-002\tAK2  SK2 http://127.0.0.1:1 \r\n',
    );
    const buckets = file();
    assert.deepEqual(await buckets.keysOf('cfec-001'), KEYS);
    assert.deepEqual(await buckets.keysOf('cfec-002'), {
      accessKey: 'AK2',
      secretKey: 'SK2',
      endpoint: 'http://127.0.0.1:1',
    });
    assert.equal(await buckets.keysOf('cfec-00'), undefined);
  });

  it('names no bucket when it is empty or not there', async () => {
    assert.equal(await file().keysOf('cfec-001'), undefined);
    await write('');
    assert.equal(await file().keysOf('cfec-001'), undefined);
  });

  it('is read again when it changed, also to nothing', async () => {
    await write('cfec-001 AK1 SK1 obs.example.com');
    const buckets = file();
    assert.deepEqual(await buckets.keysOf('cfec-001'), KEYS);
    await write('cfec-001 AK9 SK1 obs.example.com and');
    await assert.rejects(buckets.keysOf('cfec-001'), { code: 'BUCKETS_FILE' });
    await write('cfec-001 OTHER SK1 obs.example.com');
    assert.deepEqual(await buckets.keysOf('cfec-001'), { ...KEYS, accessKey: 'OTHER' });
    await rm(at('buckets'));
    assert.equal(await buckets.keysOf('cfec-001'), undefined);
  });

  for (const mode of [0o640, 0o604, 0o620, 0o644, 0o601]) {
    it(`is refused with mode ${mode.toString(8)}, also after it was read`, async () => {
      await write('cfec-001 AK1 SK1 obs.example.com');
      const buckets = file();
      await buckets.keysOf('cfec-001');
      await chmod(at('buckets'), mode);
      await assert.rejects(buckets.keysOf('cfec-001'), { code: 'BUCKETS_FILE', message: /chmod 600/ });
    });
  }

  for (const [what, line] of [
    ['too few words', 'cfec-002 AKSECRET SKSECRET'],
    ['too many', 'cfec-002 AKSECRET SKSECRET endpoint more'],
    ['a bucket twice', 'cfec-001 AKSECRET SKSECRET endpoint'],
  ] as const) {
    it(`says the line of a mistake and never what it holds: ${what}`, async () => {
      await write(`cfec-001 AK1 SK1 obs.example.com\n\n${line}\n`);
      await assert.rejects(file().keysOf('cfec-001'), (error: Error & { code?: string }) => {
        assert.equal(error.code, 'BUCKETS_FILE');
        assert.match(error.message, /buckets, line 3: /);
        assert.doesNotMatch(error.message, /SECRET|AK1|SK1/);
        return true;
      });
    });
  }

  it('says when it cannot be read at all', async () => {
    await mkdir(at('buckets'), { mode: 0o700 });
    await assert.rejects(file().keysOf('cfec-001'), { code: 'BUCKETS_FILE' });
  });
});
