import assert from 'node:assert/strict';
import { Layout, publishedUrl } from '../../src/task/layout.ts';

describe('task: where things lie at a sender', () => {
  const layout = Layout.at('/data/dcp', 'cfec-001', 'xiaofang');

  it('BN-003, BD-14, BD-15: package, torrents and signed list below the storage root', () => {
    assert.equal(layout.packagePath, '/data/dcp/cfec-001/dcps/xiaofang');
    assert.equal(layout.name, 'xiaofang');
    assert.equal(layout.torrentPath, '/data/dcp/cfec-001/dcps/xiaofang.torrent');
    assert.equal(layout.tmpTorrentPath, '/data/dcp/cfec-001/dcps-tmp/xiaofang-tmp.torrent');
    assert.equal(layout.signedListPath, '/data/dcp/cfec-001/dcps-tmp/xiaofang.signed.json');
  });

  it('BT-12, BD-21, C-27: publishes them below <domain>/dcp, with every segment encoded', () => {
    const url = (path: string) => publishedUrl('http://127.0.0.1:8080', '/data/dcp', path);
    assert.equal(url(layout.tmpTorrentPath), 'http://127.0.0.1:8080/dcp/cfec-001/dcps-tmp/xiaofang-tmp.torrent');
    assert.equal(
      url('/data/dcp/cfec-001/dcps/影 #1?/100%.mxf'),
      'http://127.0.0.1:8080/dcp/cfec-001/dcps/%E5%BD%B1%20%231%3F/100%25.mxf',
    );
  });
});
