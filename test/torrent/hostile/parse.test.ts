import assert from 'node:assert/strict';
import { parseTorrent } from '../../../src/torrent/parse.ts';
import { HARMLESS, HOSTILE } from './corpus.ts';

describe('torrent: a hostile one is refused (hostile input 5, 10)', () => {
  it('without anything wrong it is taken', () => {
    assert.equal(parseTorrent(HARMLESS, 'x').length, 30);
  });

  for (const { attack, bytes, code } of HOSTILE) {
    it(attack, () => {
      assert.throws(() => parseTorrent(bytes, 'x.torrent'), { code, message: /./ });
    });
  }
});
