import { parseTaskFile, type TaskFile } from '../../src/task/task-file.ts';

const ADV = 'zds_3d_ADV_F_CMN-CMN_CN-G_20-CMN_2K_20160827__i3D_OV';

/** Example 4.1.2, a real file of an original sender; hosts and keys replaced. */
export const REAL_EXAMPLE = `{
  "sourcetype": "sender",
  "senderid": "cfec",
  "name": "${ADV}",
  "type": "dir",
  "senderlocalpath": "/data/dcp/cfec-001/dcps",
  "basesubdir": "cfec-001",
  "bt-obs-cdn": "1:1:1",
  "policy": "fulltime",
  "bt": {
    "localtorrent": "/data/dcp/cfec-001/dcps/${ADV}.torrent",
    "url": "http://127.0.0.1/dcp/cfec-001/dcps/${ADV}.torrent",
    "tracker": "http://tracker.example.invalid:6969/announce",
    "seedtime": "169",
    "priortime": "06:00-18:00"
  },
  "obs": {
    "url": "obs://cfec-001/dcps/xiaofang",
    "priortime": "08:00-18:00",
    "obsak": "EXAMPLEACCESSKEY",
    "obssk": "EXAMPLESECRETKEY",
    "obsendpoint": "obs.example.invalid"
  },
  "cdn": { "url": "http://127.0.0.1/dcp/cfec-001/dcps/${ADV}", "priortime": "06:00-24:00" },
  "filelist": [
    { "file": "886e309a-dfd4-45ee-a542-7d1c4b4251e9_cpl.xml", "hash": "eb8f45c6b81f2d01bc9e35f6efa403a23e93901c", "size": 1778 },
    { "file": "zds-viedo.mxf", "hash": "79d317fddb697d5dc1f991dd05fcd309f048a13c", "size": 933597669 },
    { "file": "zds-audio.mxf", "hash": "99e81362750a1220ef1901457cd7942a94a2610d", "size": 8623166 },
    { "file": "VOLINDEX", "hash": "7648bf1e3b6f1c398d661b34988f69708028f583", "size": 155 },
    { "file": "24e738d2-8f07-437f-84f4-3f5efb8af8cc_pkl.xml", "hash": "acb2bceea62e18d3217f85ce80f1350e77616906", "size": 1014 },
    { "file": "ASSETMAP.xml", "hash": "bfe19db4e920c486efdd6256187941bcc88463a8", "size": 1453 }
  ],
  "size": 942225235,
  "btlist": ["zds-viedo.mxf"],
  "obslist": [],
  "cdnlist": [
    "zds-audio.mxf",
    "886e309a-dfd4-45ee-a542-7d1c4b4251e9_cpl.xml",
    "ASSETMAP.xml",
    "24e738d2-8f07-437f-84f4-3f5efb8af8cc_pkl.xml",
    "VOLINDEX"
  ],
  "requesters": [{ "vip": "", "id": "" }],
  "gentime": "2021-04-25 16:56:37",
  "btlistsize": 933597669,
  "obslistsize": 0,
  "cdnlistsize": 8627566
}
`;

/** The template 4.1.1, with the commas that are missing there. */
export const TEMPLATE_EXAMPLE = `{
  "sourcetype": "sender",
  "senderid": "cfec",
  "name": "xiaofang",
  "type": "dir",
  "senderlocalpath": "/data/dcp/cfec-001/dcps",
  "basesubdir": "cfec-001",
  "datasource": "local",
  "size": 668521472,
  "bt-obs-cdn": "1:1:1",
  "policy": "priortime",
  "bt": {
    "localtorrent": "/data/dcp/cfec-001/dcps/xiaofang.torrent",
    "url": "http://127.0.0.1/dcp/cfec-001/dcps/xiaofang.torrent",
    "tmpurl": "http://127.0.0.1/dcp/cfec-001/dcps/xiaofang-tmp.torrent",
    "tracker": "http://tracker.example.invalid:6969/announce",
    "seedtime": 72,
    "priortime": "00:00-23:00"
  },
  "obs": {
    "url": "obs://cfec-001/dcps/xiaofang",
    "priortime": "08:00-24:00",
    "ak": "EXAMPLEACCESSKEY",
    "sk": "EXAMPLESECRETKEY",
    "endpoint": "https://obs.example.invalid"
  },
  "cdn": { "url": "http://127.0.0.1/dcp/cfec-001/dcps/xiaofang", "priortime": "18:00-05:00" },
  "filelist": [
    { "file": "42e7346d-ff82-c248-9a25-85e3058b0d44.mxf", "hash": "bb53810cdfea87878d27457f807eb4574706f2e4", "size": 9632846 },
    { "file": "ASSETMAP.xml", "hash": "af11b565fc46fb87fa068c7ab89cb8eec3fdd4a9", "size": 1466 },
    { "file": "PKL.XML", "hash": "777d28475b581d7b0dc446bb5a965b2bc339a71e", "size": 957 },
    { "file": "subdir/b9062d02-d9ce-6c4f-80c9-711985835c38.mxf", "hash": "5efb3b8530afcb5c8ae1c4d182492d4434f5da3e", "size": 658886048 },
    { "file": "subdir2/VOLINDEX", "hash": "d9b3efd811d0210d686c8f503d12a7ca28cd4a4f", "size": 155 }
  ],
  "localsamefiles": [""],
  "btlist": [""],
  "obslist": [""],
  "cdnlist": [""],
  "requesters": [{ "vip": "", "id": "" }, { "vip": "", "id": "" }],
  "btlistsize": 0,
  "obslistsize": 0,
  "cdnlistsize": 0,
  "btlistsize2": 0,
  "obslistsize2": 0,
  "cdnlistsize2": 0,
  "gentime": "2021-04-19 22:14:30",
  "sendtime": "",
  "receivetime": "2021-04-19 22:51:05",
  "finishedtime": "2021-04-19 23:49:54"
}
`;

/** A task of its own for a test to change: the real example. */
export const realTask = (): TaskFile => parseTaskFile(REAL_EXAMPLE);
