import { type Static, Type } from 'typebox';

const WINDOW = '^([01]\\d|2[0-3]):[0-5]\\d-([01]\\d|2[0-3]):[0-5]\\d$';
const LISTEN = '^$|^(\\[[0-9A-Fa-f:.]+\\]|[^:/\\s]+):\\d{1,5}$';
const URL_BASE = '^$|^https?://\\S*[^/\\s]$';
const PATH = '^/([^\\0]*[^/\\0])?$';

const text = (description: string, fallback: string, pattern?: string) =>
  Type.String({ description, default: fallback, ...(pattern === undefined ? {} : { pattern }) });
const path = (description: string, fallback: string) => Type.String({ description, default: fallback, pattern: PATH });
/** Empty: none. */
const optionalPath = (description: string, fallback: string) =>
  Type.String({ description, default: fallback, pattern: `^$|${PATH}` });
const count = (description: string, fallback: number, minimum = 1) =>
  Type.Integer({ description, default: fallback, minimum });
const pieceLength = (description: string, fallback: number) =>
  Type.Unsafe<number>({
    type: 'integer',
    enum: Array.from({ length: 13 }, (_, power) => 16 * 1024 * 2 ** power),
    description,
    default: fallback,
  });
const choice = <T extends string>(description: string, values: readonly T[], fallback: T) =>
  Type.Unsafe<T>({ type: 'string', enum: values, description, default: fallback });
/** Read by `Timetable`; what is in it is checked when it is loaded. */
const windows = (method: string) =>
  text(
    `when, on which days and how fast ${method} fetches, such as \`Mon-Fri 22:00-06:00 20M; Sat,Sun 00:00-00:00\`; a sender puts it into its tasks, a node that has its own follows its own; empty: \`${method}time\` resp. what the task says`,
    '',
  );

/** Keys of the original (BC-01 … BC-28), with its defaults; none points at a host (decision 32). */
export const documented = {
  servertype: Type.Unsafe<'sender' | 'receiver' | 'cacher'>({
    type: 'string',
    enum: ['sender', 'receiver', 'cacher'],
    description: 'role of this node',
  }),
  machinetype: choice(
    'sender only: local disks, or a cloud host on a mounted bucket that uploads nothing',
    ['local', 'hwecs'],
    'local',
  ),
  receiverid: text('id of this receiver', ''),
  vip: text('internal address of this receiver', ''),
  basedatapath: path('root of the package storage', '/data/dcp'),
  basesubdir: text('<centre>-<organisation>, the default sub-directory', 'cfec-001', '^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$'),
  avoidrepeat: Type.Boolean({ description: 'never fetch what the hash table has', default: true }),
  ctcs: text('address of the console', '127.0.0.1:2780', LISTEN),
  senderid: text('id of the distribution centre: letters and digits', 'cfec', '^[A-Za-z0-9]*$'),
  senderdomain: text('base URL of the sender, for torrents and signed lists', '', URL_BASE),
  'bt-obs-cdn': text('default ratio', '1:1:1', '^(?!0+:0+:0+$)\\d{1,9}:\\d{1,9}:\\d{1,9}$'),
  priorpolicy: choice('default policy', ['fulltime', 'priortime'], 'fulltime'),
  tracker: text('announce URL that is put into torrents', ''),
  defaultseedtime: Type.Unsafe<string>({
    type: 'string',
    pattern: '^\\d+$',
    description: 'hours that a task is served',
    default: '72',
  }),
  obsurl: text('bucket as obs://<bucket>', '', '^$|^obs://[a-z0-9][a-z0-9.-]*[a-z0-9]$'),
  cdnurl: text('base URL of the CDN', '', URL_BASE),
  bttime: text('off-peak window of bt', '00:00-23:59', WINDOW),
  obstime: text('off-peak window of obs', '00:00-08:00', WINDOW),
  cdntime: text('off-peak window of cdn', '08:00-18:00', WINDOW),
  ctfilesorder: Type.Boolean({ description: 'split in torrent order instead of by size', default: false }),
  obsak: text('access key', ''),
  obssk: text('secret key', ''),
  obsendpoint: text('endpoint, with or without https://', ''),
  datasource: choice('sender only: where a package comes from', ['local', 'obs'], 'local'),
  receiverstoreplan: choice('receiver only: A <root>/<name>, B <root>/<basesubdir>/dcps/<name>', ['A', 'B'], 'A'),
  uploadingnum: count('tasks in uploading at once', 5),
  downloadingnum: count('tasks in downloading at once', 5),
  hashtable: path('table of the SHA-1 of every stored file', '/etc/bft2/hashtable.txt'),
};

/** Our own keys: all paths, addresses and limits, so that several nodes run on one machine as any user. */
export const additive = {
  senderpath: path('state directories of sending: tmp, queues, uploading, uploaded, history', '/data/sender'),
  receiverpath: path('state directories of receiving: tmp, queues, downloading, downloaded, history', '/data/receiver'),
  transferpath: path('working data of transfers: bt, obs, cdn', '/data/transfer'),
  statepath: path('records that belong to tasks (ledgers, torrents) and the lock', '/var/lib/bft2'),
  apilisten: text('address of the API', '127.0.0.1:8191', LISTEN),
  consolelisten: Type.Optional(
    Type.String({
      description:
        'address of the console, which has the whole API besides; without the key that of `ctcs`; empty: none',
      pattern: LISTEN,
    }),
  ),
  apitoken: text(
    'token that callers must send, on loopback addresses too; empty: those beyond loopback want the one that the daemon makes, `<statepath>/token`',
    '',
  ),
  tlscert: optionalPath('certificate of what listens beyond loopback, PEM, with those that it was signed by', ''),
  tlskey: optionalPath('its key, PEM; others must not be able to read it', ''),
  plainhttp: Type.Boolean({
    description:
      'listen beyond loopback without TLS: something else protects the line, such as a VPN or a reverse proxy',
    default: false,
  }),
  hostnames: text(
    'names by which callers beyond loopback may call this node, separated by commas; its addresses always count',
    '',
  ),
  buckets: path(
    'keys per bucket, lines of <bucket> <ak> <sk> <endpoint>; mode 0600; they come before obsak, obssk, obsendpoint',
    '/etc/bft2/buckets',
  ),
  originlisten: text('address of the embedded HTTP origin (sender); empty: another web server does it', '', LISTEN),
  trackerlisten: text('address of the embedded tracker (sender); empty: none', '', LISTEN),
  btport: Type.Integer({
    description: 'BitTorrent port, TCP; 0 takes any free one',
    default: 6881,
    minimum: 0,
    maximum: 65535,
  }),
  obsupload: choice('what is uploaded: the obs share or the whole package', ['share', 'all'], 'share'),
  obscredentials: choice(
    'how receivers reach the bucket: a list of signed addresses, or keys in the task file (original receivers)',
    ['signed', 'keys'],
    'signed',
  ),
  obsurlstyle: choice('how the bucket is named in addresses', ['auto', 'path'], 'auto'),
  signedurlhours: Type.Integer({
    description: 'hours that a signed address is valid; renewed at half of it',
    default: 24,
    minimum: 1,
    maximum: 168,
  }),
  partsize: Type.Integer({
    description:
      'bytes per part of a multipart upload; S3 needs 5242880 at least, OBS takes 102400; more than 33554432 counts as that, for parts are held in memory; files above 335 GB have larger ones',
    default: 16 * 1024 * 1024,
    minimum: 100 * 1024,
    maximum: 5 * 1024 ** 3,
  }),
  minpiecelength: pieceLength('bytes of the shortest piece of a torrent, a power of two', 256 * 1024),
  maxpiecelength: pieceLength('bytes of the longest piece of a torrent, a power of two', 16 * 1024 * 1024),
  maxpieces: count('pieces of a torrent; with more of them the pieces become longer', 50_000),
  btpeers: count('peers that are connected per torrent', 50),
  btpex: Type.Boolean({ description: 'peers tell each other of more peers', default: true }),
  btdht: Type.Boolean({ description: 'look for peers in the public DHT, too', default: false }),
  btlsd: Type.Boolean({ description: 'look for peers in the local network, too', default: false }),
  connections: count('parallel HTTP connections per task and method', 4),
  fileconnections: count('parallel HTTP connections per file', 4),
  hostconnections: count('parallel HTTP connections per host, over all tasks', 16),
  allowhosts: text(
    'hosts that received tasks may name, separated by commas; *.example.com stands for all below it; empty: any',
    '',
  ),
  btwindows: windows('bt'),
  obswindows: windows('obs'),
  cdnwindows: windows('cdn'),
  servewindows: Type.Boolean({
    description: 'what bt serves keeps to the hours of its task, too; usually only what is fetched does',
    default: false,
  }),
  downlimit: count('bytes per second that the node receives, over all methods; 0: no limit', 0, 0),
  uplimit: count('bytes per second that the node sends, over all methods; 0: no limit', 0, 0),
  taskdownlimit: count('bytes per second that one task receives; 0: no limit', 0, 0),
  taskuplimit: count('bytes per second that one task sends; 0: no limit', 0, 0),
  takeoverminutes: Type.Number({
    description:
      'minutes that a method may fail to deliver before another one takes over what it still has to bring; 0: never',
    default: 30,
    minimum: 0,
  }),
  takeoverrate: count('bytes per second below which a method counts as failing', 16 * 1024, 0),
  obscap: count('bytes that obs may bring for one task, wrong ones included; 0: no cap', 0, 0),
  cdncap: count('bytes that cdn may bring for one task, wrong ones included; 0: no cap', 0, 0),
  checkroom: Type.Boolean({ description: 'a task starts only when there is room for it', default: true }),
  reserve: count('bytes that are kept free on the disk', 1024 * 1024 * 1024, 0),
  retries: count('tries of a failed task', 5),
  retryminutes: Type.Number({
    description: 'minutes between them',
    default: 5,
    exclusiveMinimum: 0,
    maximum: 1440,
  }),
  receiverseedtime: Type.Number({
    description: 'hours that a receiver serves a finished package by bt; 0: not at all',
    default: 0,
    minimum: 0,
  }),
  historyafter: Type.Number({
    description: 'hours after which a finished task moves to history',
    default: 24,
    minimum: 0,
  }),
  hashworkers: Type.Integer({ description: 'threads that hash; 0: one per core', default: 0, minimum: 0 }),
  hashshare: Type.Integer({
    description:
      'percent of the time for which the daemon may hash what is new in the storage while something is transferred; at rest it may always',
    default: 50,
    minimum: 1,
    maximum: 100,
  }),
  loglevel: choice('what is logged', ['debug', 'info', 'warn', 'error'], 'info'),
  logfile: text('log file; empty: standard output', ''),
};

export const configSchema = Type.Object({ ...documented, ...additive }, { additionalProperties: false });
export type Config = Readonly<Required<Static<typeof configSchema>>>;

/** Keys that are one absolute path each. */
export const PATH_KEYS = (Object.keys(configSchema.properties) as (keyof Config)[]).filter(
  key => (configSchema.properties[key] as { pattern?: string }).pattern === PATH,
);

/** Keys whose values never reach a log, an error or the API. */
export const SECRET_KEYS = ['obsak', 'obssk', 'apitoken'] as const satisfies readonly (keyof Config)[];

/** Keys whose values may have secrets in them: a user and password, a query, the passkey of a tracker. */
export const ADDRESS_KEYS = [
  'tracker',
  'senderdomain',
  'cdnurl',
  'obsurl',
  'obsendpoint',
] as const satisfies readonly (keyof Config)[];
