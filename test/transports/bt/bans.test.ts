import assert from 'node:assert/strict';
import { Bans } from '../../../src/transports/bt/engine/bans.ts';

const MINUTE = 60_000;

describe('Bans', () => {
  let now: number;
  let bans: Bans;
  beforeEach(() => {
    now = 0;
    bans = new Bans(() => now);
  });

  it('ban a peer by its host and id: who borrows an id has nobody else banned', () => {
    bans.add('127.0.0.2', 'honest');
    assert(bans.has('127.0.0.2', 'honest'));
    assert(!bans.has('127.0.0.1', 'honest'));
    assert(!bans.has('127.0.0.2', 'other'));
  });

  it('ban a host of which a few ids lied, until too few of them are left', () => {
    for (const id of ['a', 'b', 'c']) bans.add('127.0.0.2', id);
    assert(!bans.has('127.0.0.2', 'e'));
    now = MINUTE;
    bans.add('127.0.0.2', 'd');
    assert(bans.has('127.0.0.2', 'e'));
    assert(!bans.has('127.0.0.1', 'e'));
    now = 5 * MINUTE;
    assert(!bans.has('127.0.0.2', 'e'));
    assert(bans.has('127.0.0.2', 'd'));
    now = 6 * MINUTE;
    assert(!bans.has('127.0.0.2', 'd'));
  });

  it('remember a bounded number of hosts, the last ones', () => {
    for (let host = 0; host < 5000; host++) bans.add(`host ${host}`, 'id');
    assert(!bans.has('host 0', 'id'));
    assert(bans.has('host 4999', 'id'));
  });
});
