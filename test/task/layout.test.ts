import assert from 'node:assert/strict';
import { Layout, publishedUrl } from '../../src/task/layout.ts';

describe('task: where things lie at a sender', () => {
  const layout = Layout.at('/data/dcp', 'cfec-001', 'xiaofang');

  it('BN-003, BD-14, BD-15: package, torrents and signed list below the storage root', () => {
    assert.equal(layout.packagePath, '/data/dcp/cfec-001/dcps/xiaofang');
    assert.equal(layout.name, 'xiaofang');
    assert.equal(layout.torrentPath, '/data/dcp/cfec-001/dcps/xiaofang.torrent');
    assert.equal(layout.tmpTorrentPath, '/data/dcp/cfec-001/dcps-tmp/xiaofang-tmp.torrent');
    const list = layout.signedListPath('cfec-001-xiaofang.task.json');
    assert.equal(list, '/data/dcp/cfec-001/dcps-tmp/cfec-001-xiaofang.signed.json');
  });

  it('the list of signed addresses has the name that the task gives it, if that is one', () => {
    const listPath = (address: string) => layout.signedListPath('a.task.json', address);
    const at = (path: string) => `http://127.0.0.1:8080/dcp/cfec-001/dcps-tmp/${path}`;
    assert.equal(listPath(at('%E5%BD%B1%20%231.signed.json')), '/data/dcp/cfec-001/dcps-tmp/影 #1.signed.json');
    assert.equal(listPath(at('..%2F..%2Fx.signed.json')), '/data/dcp/cfec-001/dcps-tmp/x.signed.json');
    for (const other of ['', 'x.signed.json', at('x.torrent'), at('%zz.signed.json'), at('%00.signed.json'), at('')])
      assert.equal(listPath(other), '/data/dcp/cfec-001/dcps-tmp/a.signed.json', other);
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
