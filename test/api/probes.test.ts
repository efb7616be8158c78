import assert from 'node:assert/strict';
import type { Readiness } from '../../src/api/operations.ts';
import { nodeWith, startApi } from './harness.ts';

describe('api: /livez and /readyz', () => {
  const NEXT = { desc: 'why', next: 'Do something.' };
  const answers = async (readiness: Readiness) => {
    const operations = { ...nodeWith().operations, readiness: () => Promise.resolve(readiness) };
    const api = await startApi({ operations }, 'a-token');
    try {
      return [await api.send({ path: '/livez' }), await api.send({ path: '/readyz' })] as const;
    } finally {
      await api.stop();
    }
  };

  it('want no token; a node that is ready may have something to see to', async () => {
    const warnings = [{ code: 'HASHTABLE_FOREIGN', ...NEXT }];
    const [live, ready] = await answers({ reasons: [], warnings });
    assert.deepEqual([live.status, live.text, ready.status], [200, 'ok', 200]);
    assert.deepEqual(JSON.parse(ready.text), { ready: true, reasons: [], warnings });
  });

  it('a node that is not ready says why, and lives', async () => {
    const reasons = [{ code: 'DISK_FULL', ...NEXT }];
    const [live, ready] = await answers({ reasons, warnings: [] });
    assert.deepEqual([live.status, ready.status], [200, 503]);
    assert.deepEqual(JSON.parse(ready.text), { ready: false, reasons, warnings: [] });
  });
});
