import assert from 'node:assert/strict';
import type { MakingEntry } from '../../src/api/node.ts';
import { BftError } from '../../src/core/errors.ts';
import { startApi } from './harness.ts';

const ENTRY: MakingEntry = {
  name: 'cfec-001-film.task.json',
  taskfile: '/data/sender/tmp/cfec-001-film.task.json',
  dcppath: '/data/dcp/cfec-001/dcps/film',
  bytes: 5,
  total: 9,
  rate: 2,
  left: 2,
  failure: undefined,
};

async function makings(entries?: readonly MakingEntry[]): Promise<unknown> {
  const api = await startApi(entries ? { makings: () => entries } : {});
  try {
    const { status, text } = await api.send({ method: 'GET', path: '/api/v1/makings' });
    assert.equal(status, 200);
    return JSON.parse(text);
  } finally {
    await api.stop();
  }
}

describe('GET /api/v1/makings', () => {
  it('is empty at nodes that make nothing', async () => {
    assert.deepEqual(await makings(), { makings: [] });
  });

  it('has a row per task that is being made, with bytes, rate and seconds left', async () => {
    assert.deepEqual(await makings([ENTRY]), { makings: [{ ...ENTRY, failure: null }] });
  });

  it('says null while nothing moves, and why the last try failed', async () => {
    const failure = new BftError('SOURCE_CHANGED', 'a.mxf changed while it was hashed');
    const why = { code: 'SOURCE_CHANGED', desc: failure.message, next: failure.next };
    assert.deepEqual(await makings([{ ...ENTRY, rate: 0, left: undefined, failure }]), {
      makings: [{ ...ENTRY, rate: 0, left: null, failure: why }],
    });
  });
});
