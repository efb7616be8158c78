import assert from 'node:assert/strict';
import type { Extent } from '../../../src/torrent/manifest.ts';
import type { Ledger } from '../../../src/transfer/ledger.ts';
import { FileVersions } from '../../../src/transports/http/file-versions.ts';

const UNIT = { file: 'a.mxf', offset: 0, length: 10 };

describe('transports/http: the contents of a file that changes', () => {
  it('are not mixed, though taking the old one back fails at first', async () => {
    const revoked: Extent[][] = [];
    let isBroken = true;
    const revoke = (extents: readonly Extent[]) => {
      if (isBroken) return Promise.reject(new Error('no room'));
      revoked.push([...extents]);
      return Promise.resolve();
    };
    const versions = new FileVersions({ revoke } as Partial<Ledger> as Ledger);
    await versions.meet('a.mxf', 'old');
    assert.ok(versions.accept(UNIT, 'old'));
    await assert.rejects(versions.meet('a.mxf', 'new'), /no room/);
    assert.equal(versions.accept({ ...UNIT, offset: 10 }, 'old'), false);
    isBroken = false;
    await assert.rejects(versions.meet('a.mxf', 'new'), { code: 'SOURCE_CHANGED' });
    assert.deepEqual(revoked, [[UNIT]]);
    await versions.meet('a.mxf', 'new');
    assert.ok(versions.accept(UNIT, 'new'));
    assert.equal(revoked.length, 1);
  });
});
