import { VERSION } from '../version.ts';
import { eventText } from './event-stream.ts';
import type {
  ConfigPage,
  HistoryPage,
  HistoryRow,
  NodesPage,
  NodeSummary,
  TaskDetail,
  TaskRow,
  TasksPage,
  TasksPatch,
} from './shapes.ts';

// Answers as they may be, for docs/API.md and the OpenAPI document.

const NIGHT = { opens: '2026-11-21T22:00:00+08:00', closes: '2026-11-22T06:00:00+08:00' };

export const SCHEDULE_EXAMPLE = {
  now: '2026-11-21T20:45:00+08:00',
  zone: 'Asia/Shanghai',
  methods: {
    bt: { own: null, timetables: [], others: 0 },
    obs: { own: null, timetables: [], others: 0 },
    cdn: {
      own: null,
      timetables: [
        {
          window: '22:00-06:00',
          open: false,
          periods: [{ ...NIGHT, rate: null }],
          tasks: 1,
        },
      ],
      others: 0,
    },
  },
  tasks: [
    {
      name: 'cfec-001-film.task.json',
      state: 'downloading',
      ratio: '0:0:1',
      policy: 'priortime',
      deadline: '2026-11-27T18:00:00+08:00',
      forecast: '2026-11-23T02:10:00+08:00',
      atrisk: false,
      methods: {
        cdn: { window: '22:00-06:00', open: false, rate: 0, bytes: 52428800000, total: 209715200000, ...NIGHT },
      },
    },
  ],
};

export const EVENTS_EXAMPLE = {
  events: [
    {
      number: 17,
      code: 'DEADLINE_AT_RISK',
      task: 'cfec-001-film.task.json',
      text: 'cfec-001-film.task.json will not be complete by its deadline 2026-11-22 18:00:00, as it goes now: not before 2026-11-23 02:10:00',
      time: '2026-11-21T20:45:00+08:00',
    },
  ],
};

export const TORRENTS_EXAMPLE = { torrents: [] };

export const MAKINGS_EXAMPLE = {
  makings: [
    {
      name: 'cfec-001-film.task.json',
      taskfile: '/data/sender/tmp/cfec-001-film.task.json',
      dcppath: '/data/dcp/cfec-001/dcps/film',
      bytes: 52428800000,
      total: 209715200000,
      rate: 524288000,
      left: 300,
      failure: null,
    },
  ],
};

const NODE: NodeSummary = {
  name: 'cinema-7',
  servertype: 'receiver',
  version: VERSION,
  now: '2026-11-21T20:45:00+08:00',
  zone: 'Asia/Shanghai',
  down: 12582912,
  up: 0,
  windows: {
    bt: { open: true, next: null },
    obs: { open: true, next: null },
    cdn: { open: false, next: '2026-11-21T22:00:00+08:00' },
  },
  disk: { free: 1099511627776, size: 4398046511104 },
};

const ROW: TaskRow = {
  id: 'received/cfec-001-film.task.json',
  direction: 'received',
  name: 'cfec-001-film.task.json',
  package: 'film',
  basesubdir: 'cfec-001',
  state: 'downloading',
  status: 'transferring',
  group: 'active',
  cause: {
    code: 'WINDOW_CLOSED',
    desc: 'cdn waits until 2026-11-21 22:00:00',
    next: 'Nothing: it goes on by itself when the window of the method opens.',
  },
  until: '2026-11-21T22:00:00+08:00',
  size: 209715200000,
  local: 0,
  bytes: 52428800000,
  left: 157286400000,
  rate: 12582912,
  ratio: '1:0:1',
  policy: 'priortime',
  methods: {
    bt: { bytes: 52428800000, total: 104857600000, rate: 12582912 },
    obs: { bytes: 0, total: 0, rate: 0 },
    cdn: { bytes: 0, total: 104857600000, rate: 0 },
  },
  deadline: '2026-11-27T18:00:00+08:00',
  forecast: '2026-11-23T02:10:00+08:00',
  atrisk: false,
  actions: ['pause', 'cancel', 'limits'],
};

export const TASKS_EXAMPLE: TasksPage = { node: NODE, tasks: [ROW] };

export const STREAM_EXAMPLE =
  eventText('snapshot', TASKS_EXAMPLE, 41) +
  eventText(
    'patch',
    {
      node: { now: '2026-11-21T20:45:01+08:00' },
      tasks: { [ROW.id]: { bytes: 52441382912, left: 157273817088 } },
    } satisfies TasksPatch,
    42,
  );

const IDLE = {
  state: 'none',
  bytes: 0,
  total: 0,
  rate: 0,
  actual: 0,
  target: 0,
  wasted: 0,
  sources: {},
  wastedby: {},
  trouble: '',
  window: '',
  open: true,
  periods: [],
};

export const TASK_DETAIL_EXAMPLE: TaskDetail = {
  ...ROW,
  methods: {
    bt: {
      ...IDLE,
      state: 'running',
      ...ROW.methods.bt,
      actual: 100,
      target: 50,
      sources: { '192.0.2.7:6881': 52428800000 },
      window: '00:00-23:59',
    },
    obs: IDLE,
    cdn: {
      ...IDLE,
      state: 'waiting',
      ...ROW.methods.cdn,
      target: 50,
      trouble: 'cdn waits until 2026-11-21 22:00:00',
      window: '22:00-06:00',
      open: false,
      periods: [{ ...NIGHT, rate: null }],
    },
  },
  taskfile: '/data/receiver/downloading/cfec-001-film.task.json',
  dcppath: '',
  files: 24,
  tracker: 'http://192.0.2.1:6969/announce',
  infohash: '9c4b1f0a6c1d7d1c7b5f0e5f8f6a3c2d1e0b9a87',
  limits: { down: 0, up: 0 },
  deletable: 52428800000,
  pieces: { total: 12, have: 3, flying: 1, missing: 8, rare: 2, columns: '333200001100' },
  peers: [{ address: '192.0.2.7:6881', percent: 100, downrate: 12582912, uprate: 0 }],
  events: [
    {
      number: 16,
      time: '2026-11-21T19:30:00+08:00',
      code: 'TASK_STATE',
      task: 'cfec-001-film.task.json',
      text: 'received task: queues → downloading',
    },
  ],
  report: false,
};

export const REPORT_EXAMPLE = { name: 'cfec-001-film.task.json', verified: 'pieces of the full torrent' };

export const REPORT_TEXT_EXAMPLE = 'Delivery report of film\n';

const ENDED: HistoryRow = {
  direction: 'received',
  name: 'cfec-001-film.task.json',
  package: 'film',
  finished: '2026-11-23T02:10:00+08:00',
  size: 209715200000,
  local: 0,
  bt: 104857600000,
  obs: 0,
  cdn: 104857600000,
  wasted: 0,
  verified: 'pieces of the full torrent',
  report: true,
};

export const HISTORY_EXAMPLE: HistoryPage = { entries: [ENDED], next: null };

export const HISTORY_CSV_EXAMPLE = `\uFEFFdirection,name,package,finished,size,local,bt,obs,cdn,wasted,verified\r
received,cfec-001-film.task.json,film,2026-11-23T02:10:00+08:00,209715200000,0,104857600000,0,104857600000,0,pieces of the full torrent\r
`;

export const NODES_EXAMPLE: NodesPage = {
  node: NODE,
  others: [
    {
      address: '192.0.2.7:6881',
      method: 'bt',
      tasks: 1,
      received: 52428800000,
      wasted: 0,
      downrate: 12582912,
      uprate: 0,
    },
  ],
};

export const CONFIG_EXAMPLE: ConfigPage = {
  file: '/etc/bft2/config.json',
  keys: [
    {
      key: 'servertype',
      value: 'receiver',
      default: null,
      isdefault: false,
      secret: false,
      description: 'role of this node',
    },
    { key: 'obssk', value: '***', default: '', isdefault: false, secret: true, description: 'secret key' },
  ],
};
