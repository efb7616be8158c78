import { type Static, type TSchema, Type } from 'typebox';

// What /api/v1 answers. Bytes, bytes per second, percent from 0 to 100, moments as ISO 8601 with offset (formatIsoTime); null: not known, or none.
// OpenAPI is made of these schemas; console and command line take their types from here.

const bytes = Type.Integer({ minimum: 0 });
const rate = Type.Integer({ minimum: 0 });
const percent = Type.Number({ minimum: 0, maximum: 100 });
const text = Type.String();
const moment = Type.String({ format: 'date-time' });
const orNull = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const oneOf = <T extends string>(...values: T[]) => Type.Unsafe<T>({ type: 'string', enum: values });
const perMethod = <T extends TSchema>(schema: T) => Type.Object({ bt: schema, obs: schema, cdn: schema });

export const DIRECTIONS = ['received', 'sent'] as const;
export const ACTIONS = ['pause', 'resume', 'retry', 'cancel', 'limits'] as const;

/** `code` is of the registry of errors; `next` says what the daemon does or the person can do. */
const cause = Type.Object({ code: text, desc: text, next: text });

/**
 * What a task does. In the group `attention`: `failed` (its tries are used up), `retrying` (it failed and is tried again), `nosource` (nothing that
 * could bring it answers). `waiting`: `queued` (for a free place), `window` (for the hours of its methods), `paused`. `active`: `making`, `transferring`,
 * `verifying` (all is here, it is checked and put together), `serving` (a sent task that may be received). `done`: `done`.
 */
const status = oneOf(
  'failed',
  'retrying',
  'nosource',
  'queued',
  'window',
  'paused',
  'making',
  'transferring',
  'verifying',
  'serving',
  'done',
);

const rowShare = Type.Object({
  /** Verified (received), or ready to be fetched (sent). */
  bytes,
  total: bytes,
  rate,
});

/** A task in a list. `id` is `<direction>/<name>`. */
export const taskRow = Type.Object({
  id: text,
  direction: oneOf(...DIRECTIONS),
  /** Of the task file: `<basesubdir>-<package>.task.json`. */
  name: text,
  package: text,
  basesubdir: text,
  /** The directory it lies in: queues, downloading, downloaded, uploading, uploaded, history; `making` before that. */
  state: text,
  status,
  group: oneOf('attention', 'waiting', 'active', 'done'),
  /** Why it is not moving, or what is wrong with it although it moves. */
  cause: orNull(cause),
  /** When what it waits for comes by itself: the next try, the opening of a window. */
  until: orNull(moment),
  size: bytes,
  /** Here already before the transfer. */
  local: bytes,
  /** Verified, with `local`. Of a sent task what can be fetched. */
  bytes,
  left: bytes,
  rate,
  ratio: text,
  policy: oneOf('fulltime', 'priortime'),
  methods: perMethod(rowShare),
  deadline: orNull(moment),
  forecast: orNull(moment),
  atrisk: Type.Boolean(),
  /** What may be asked of it now. */
  actions: Type.Array(oneOf(...ACTIONS)),
});
export type TaskRow = Static<typeof taskRow>;

const period = Type.Object({ opens: moment, closes: moment, rate: orNull(rate) });

const share = Type.Object({
  /** none, running, waiting, done; of a sent task available, unavailable, uploading. */
  state: text,
  bytes,
  total: bytes,
  rate,
  /** Of the bytes that came, what this method brought; and its part of what is to be transferred, by the ratio. */
  actual: percent,
  target: percent,
  wasted: bytes,
  /** Bytes by `host:port`, and those of them that were wrong. */
  sources: Type.Record(text, bytes),
  wastedby: Type.Record(text, bytes),
  /** Why it does not move; '' when it does. */
  trouble: text,
  /** The timetable that counts, '' with policy fulltime; its hours of the next 24. */
  window: text,
  open: Type.Boolean(),
  periods: Type.Array(period),
});

const peer = Type.Object({ address: text, percent, downrate: rate, uprate: rate });
/** One digit per column of at most 600, from the first piece to the last: 3 all here, 2 some on their way, 1 missing and at one peer only, 0 missing. */
const pieces = Type.Object({
  total: Type.Integer(),
  have: Type.Integer(),
  flying: Type.Integer(),
  missing: Type.Integer(),
  rare: Type.Integer(),
  columns: text,
});
export const eventRow = Type.Object({ number: Type.Integer(), time: moment, code: text, task: text, text });
export type EventRow = Static<typeof eventRow>;

/** One task in full. */
export const taskDetail = Type.Object({
  ...taskRow.properties,
  methods: perMethod(share),
  /** Path of the task file. */
  taskfile: text,
  /** Where the package is, '' until it is in the storage. */
  dcppath: text,
  files: Type.Integer(),
  tracker: text,
  infohash: text,
  limits: Type.Object({ down: rate, up: rate }),
  /** Bytes that `cancel` with `files` deletes from the disk. */
  deletable: bytes,
  /** Null: bt has no share, or does not run. */
  pieces: orNull(pieces),
  peers: Type.Array(peer),
  events: Type.Array(eventRow),
  report: Type.Boolean(),
});
export type TaskDetail = Static<typeof taskDetail>;

/** This node, at the head of every page. */
export const nodeSummary = Type.Object({
  /** receiverid resp. senderid, else the name of the machine. */
  name: text,
  servertype: oneOf('sender', 'cacher', 'receiver'),
  version: text,
  now: moment,
  zone: text,
  /** Bytes per second, all methods. */
  down: rate,
  up: rate,
  windows: perMethod(Type.Object({ open: Type.Boolean(), next: orNull(moment) })),
  /** Of `transferpath`; size 0: it cannot be looked at. */
  disk: Type.Object({ free: bytes, size: bytes }),
});
export type NodeSummary = Static<typeof nodeSummary>;

/** GET /api/v1/tasks: all but history; also the `snapshot` of GET /api/v1/stream. */
export const tasksPage = Type.Object({ node: nodeSummary, tasks: Type.Array(taskRow) });
export type TasksPage = Static<typeof tasksPage>;

/** `patch` of GET /api/v1/stream: changed fields only; a task that is null has gone. */
export interface TasksPatch {
  readonly node?: Partial<NodeSummary>;
  readonly tasks: Readonly<Record<string, Partial<TaskRow> | null>>;
}

/** One ended task in the history. `next` of the page is the `before` of the following one, null: it was the last. */
export const historyRow = Type.Object({
  direction: oneOf(...DIRECTIONS),
  name: text,
  package: text,
  finished: orNull(moment),
  size: bytes,
  local: bytes,
  bt: bytes,
  obs: bytes,
  cdn: bytes,
  wasted: bytes,
  /** How it was verified: '' of a sent one. */
  verified: text,
  report: Type.Boolean(),
});
export type HistoryRow = Static<typeof historyRow>;
export const historyPage = Type.Object({ entries: Type.Array(historyRow), next: orNull(text) });
export type HistoryPage = Static<typeof historyPage>;

/** GET /api/v1/config. The value of a secret is `***`, '' when it has none. */
export const configPage = Type.Object({
  file: text,
  keys: Type.Array(
    Type.Object({
      key: text,
      value: Type.Unknown(),
      default: Type.Unknown(),
      isdefault: Type.Boolean(),
      secret: Type.Boolean(),
      description: text,
    }),
  ),
});
export type ConfigPage = Static<typeof configPage>;

/** GET /api/v1/nodes: what this node knows of the others that its tasks meet: bytes since each task began. */
export const nodesPage = Type.Object({
  node: nodeSummary,
  others: Type.Array(
    Type.Object({
      address: text,
      method: oneOf('bt', 'obs', 'cdn'),
      tasks: Type.Integer(),
      received: bytes,
      wasted: bytes,
      downrate: rate,
      uprate: rate,
    }),
  ),
});
export type NodesPage = Static<typeof nodesPage>;

/** Every refusal of /api/v1. `docs` is the section of its code in the troubleshooting page; `field` and `line` where the bad input is, if it can be said. */
export const refusalPage = Type.Object({
  error: Type.Object({
    code: text,
    desc: text,
    next: text,
    docs: text,
    field: Type.Optional(text),
    line: Type.Optional(Type.Integer()),
    column: Type.Optional(Type.Integer()),
  }),
});
export type RefusalPage = Static<typeof refusalPage>;

/** Body of POST /api/v1/tasks/:name/cancel. `files` true also deletes what is here of the package; then `confirm` must be the package's name. */
export const cancelBody = Type.Object({ files: Type.Optional(Type.Boolean()), confirm: Type.Optional(text) });
/** Body of POST /api/v1/tasks/:name/limits: bytes per second, 0: none; absent: the configuration's. */
export const limitsBody = Type.Object({ down: Type.Optional(rate), up: Type.Optional(rate) });
/** What POST of an action answers. */
export const actionAnswer = Type.Object({ desc: text });
/** POST /api/v1/tasks takes the task file itself as its body. */
export const receiveAnswer = Type.Object({ desc: text, id: text, name: text });
