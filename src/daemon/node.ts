import { basename, join } from 'node:path';
import type { NodeApi } from '../api/node.ts';
import type { BucketsFile } from '../config/buckets.ts';
import type { Config } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import { Events } from '../core/events.ts';
import type { Startable } from '../core/lifecycle.ts';
import type { Logger } from '../core/log.ts';
import { METHODS, type Method } from '../core/method.ts';
import { RECEIVING, type ReceivingState, SENDING } from '../queue/states.ts';
import { QueueWatch } from '../queue/queue-watch.ts';
import { TaskStore } from '../queue/task-store.ts';
import { HashTable } from '../hashtable/hash-table.ts';
import { AvoidRepeat } from '../roles/avoid-repeat.ts';
import { Cacher } from '../roles/cacher.ts';
import { BucketPackages } from '../roles/bucket-packages.ts';
import { DeadlineWatch } from '../roles/deadline-watch.ts';
import { Receiver } from '../roles/receiver.ts';
import { refusePackage } from '../roles/one-direction.ts';
import { Sender, type SenderComponents } from '../roles/sender.ts';
import type { Transports } from '../roles/serving.ts';
import type { SeenRates } from '../roles/seen-rates.ts';
import { TaskMaker } from '../roles/task-maker.ts';
import { TaskRecords } from '../roles/task-records.ts';
import { type Download, TorrentShelf } from '../roles/torrent-shelf.ts';
import { Layout } from '../task/layout.ts';
import type { TaskFile } from '../task/task-file.ts';
import { Timetable } from '../task/timetable.ts';
import type { BucketSource } from '../transfer/bucket-source.ts';
import type { RateLimits } from '../transfer/rate-limits.ts';
import { Room, type RoomRules } from '../transfer/room.ts';
import { downloadView, runningView } from './views.ts';
import { LocalTransport } from '../transports/local/transport.ts';
import { hashKeeping } from './hash-keeping.ts';
import { tablePlace } from '../config/table-place.ts';
import type { TimetableOf } from './outlook.ts';
import { ReceivedTasks } from './received-tasks.ts';
import { TaskStates } from './task-states.ts';

export interface NodeComponents {
  readonly current: () => Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly transports: Transports;
  readonly discardUpload: SenderComponents['discardUpload'];
  readonly download: Download;
  readonly source: BucketSource;
  readonly buckets: BucketsFile;
  /** When this node fetches a method's share of a task. Throws TASK_FILE_INVALID. */
  readonly timetableOf: TimetableOf;
  readonly seenRates: SeenRates;
  readonly limits: Pick<RateLimits, 'isMoving'>;
}

type RoleApi = Omit<NodeApi, 'serverType' | 'btPort' | 'torrents' | 'limit' | 'reload' | 'now'>;
/** What all roles offer. */
type CommonApi = Pick<NodeApi, 'ownTimetables' | 'taskCounts' | 'events'>;
type OwnApi = Omit<RoleApi, keyof CommonApi>;
type Refusal = (task: TaskFile) => Promise<void>;
type ReceivingStore = TaskStore<ReceivingState>;
interface Built {
  readonly roles: readonly Startable[];
  readonly api: RoleApi;
  /** Whether the node has a task of this name. */
  readonly hasTask: (name: string) => Promise<boolean>;
}

interface BuiltRole extends Omit<Built, 'api'> {
  readonly api: OwnApi;
}

/** Builds the roles of a node and what they offer to the API. */
export function buildNode(components: NodeComponents): Built {
  const { current, clock } = components;
  const events = new Events({ clock });
  const states = new TaskStates(events);
  const { api, ...built } = buildRole(components, events, states);
  const common: CommonApi = {
    ownTimetables: () => ownTimetables(current()),
    taskCounts: () => states.counts(),
    events: since => events.since(since),
  };
  return { ...built, api: { ...api, ...common } };
}

function buildRole(components: NodeComponents, events: Events, states: TaskStates): BuiltRole {
  const { current, clock, log, transports, download, timetableOf, seenRates } = components;
  const records = new TaskRecords(current().statepath, 'received');
  const store = new TaskStore({ log }, { root: current().receiverpath, states: RECEIVING });
  states.add('received', store, RECEIVING);
  store.on('changed', ({ name, to }) => to === 'downloading' || seenRates.forget(name));
  const dropped = new QueueWatch({ store, log }, 'queues');
  const tasksOf = (role: Pick<Receiver, 'ledgerOf'>, methods: readonly Method[]) =>
    new ReceivedTasks(
      { store, clock, timetableOf, rates: seenRates, ledgerOf: name => role.ledgerOf(name) },
      { methods, servesInDownloading: role instanceof Cacher },
    );
  const watch = (tasks: ReceivedTasks) => new DeadlineWatch({ tasks: () => tasks.dated(), events, clock, log });
  const room = new Room({ clock, log }, () => roomRules(current()));
  const shared = { store, records, shelf: new TorrentShelf({ download, log }), clock, transports, room, log };
  if (current().servertype === 'cacher') {
    const cacher = new Cacher(shared, current);
    const tasks = tasksOf(cacher, ['bt']);
    return { roles: [store, cacher, dropped, watch(tasks)], api: cacherApi(cacher, tasks), hasTask: has(store) };
  }
  const table = new HashTable({ log }, () => tablePlace(current()));
  const local = new LocalTransport({ find: wanted => table.find(wanted), drop: rows => table.drop(rows), log });
  const keeping = hashKeeping({ table, clock, log, isBusy: () => components.limits.isMoving }, current);
  const avoidRepeat = new AvoidRepeat({ table, local, clock, log }, () => current().avoidrepeat);
  const receiver = (refuse?: Refusal) =>
    new Receiver({ ...shared, avoidRepeat, ...(refuse ? { refuse } : {}) }, current, task => storedAt(current(), task));
  if (current().servertype === 'sender') {
    const side = (refuse: Refusal) => {
      const own = receiver(refuse);
      const tasks = tasksOf(own, METHODS);
      return { receiver: own, watch: watch(tasks), api: receiverApi(own, tasks) };
    };
    const built = buildSender(components, store, side, avoidRepeat, states);
    return { ...built, roles: [...keeping, ...built.roles] };
  }
  const own = receiver();
  const tasks = tasksOf(own, METHODS);
  const roles = [...keeping, store, own, dropped, watch(tasks)];
  return { roles, api: receiverApi(own, tasks), hasTask: has(store) };
}

function ownTimetables(config: Config): Partial<Record<Method, Timetable>> {
  const own = METHODS.filter(method => config[`${method}windows`] !== '');
  return Object.fromEntries(own.map(method => [method, Timetable.parse(config[`${method}windows`])]));
}

const has = (store: Pick<ReceivingStore, 'find'>) => async (name: string) => (await store.find(name)) !== undefined;

const roomRules = ({ transferpath, checkroom, reserve }: Config): RoomRules => ({
  path: transferpath,
  isChecked: checkroom,
  reserve,
});

/** A sender receives, too, and stores like plan B (BR-04). */
function buildSender(
  { current, clock, log, transports, discardUpload, source, buckets }: NodeComponents,
  received: ReceivingStore,
  receives: (refuse: Refusal) => { receiver: Receiver; watch: Startable; api: OwnApi },
  avoidRepeat: AvoidRepeat,
  states: TaskStates,
): BuiltRole {
  const store = new TaskStore({ log }, { root: current().senderpath, states: SENDING });
  states.add('sent', store, SENDING);
  const records = new TaskRecords(current().statepath, 'sent');
  const packages = new BucketPackages({ source, clock, log }, () => current().transferpath);
  const refuseReceived = (task: TaskFile) => refusePackage(received, ['queues', 'downloading'], task, 'receiving');
  const refuseSent = (task: TaskFile) => refusePackage(store, ['queues', 'uploading', 'uploaded'], task, 'sending');
  const parts = { store, records, transports, discardUpload, packages, clock, log };
  const sender = new Sender({ ...parts, refuse: refuseReceived }, current);
  const { receiver, watch, api: receiving } = receives(refuseSent);
  const send = (path: string) => sender.send(path, true);
  const maker = new TaskMaker({ clock, log, records, buckets, packages, avoidRepeat, send }, current);
  const watches = [new QueueWatch({ store, log }, 'queues'), new QueueWatch({ store: received, log }, 'queues')];
  return {
    roles: [store, received, sender, receiver, maker, ...watches, watch],
    hasTask: async name => (await store.find(name)) !== undefined || (await received.find(name)) !== undefined,
    api: {
      ...receiving,
      send: (path, reactive) => sender.send(path, reactive),
      gentask: request => maker.begin({ request, thenSend: false }),
      sends: async request => {
        await sender.refuseRunning(basename(request.taskfile));
        const { 'bt-obs-cdn': ratio, priorpolicy } = current();
        const whole = { ...request, btobscdn: request.btobscdn || ratio, policy: request.policy || priorpolicy };
        return await maker.begin({ request: whole, thenSend: true });
      },
      making: (dcpPath, taskFile) => maker.query(dcpPath, taskFile),
      makings: () => maker.makings(),
      uploadProgress: name => sender.progress(name),
      // Download has priority (BX-02).
      cancel: async name => {
        if (await receiver.cancel(name)) return true;
        const wasMade = await maker.cancel(name);
        return (await sender.cancel(name)) || wasMade;
      },
    },
  };
}

function receiverApi(receiver: Receiver, tasks: ReceivedTasks): OwnApi {
  return {
    schedules: () => tasks.list(),
    recv: path => receiver.recv(path),
    cancel: name => receiver.cancel(name),
    downloadProgress: async name =>
      downloadView(await receiver.progress(name), (task, amounts) => tasks.prospect(name, task, amounts)),
  };
}

function cacherApi(cacher: Cacher, tasks: ReceivedTasks): OwnApi {
  return {
    schedules: () => tasks.list(),
    recv: (path, reactive) => cacher.recv(path, reactive),
    cancel: name => cacher.cancel(name),
    cacheProgress: async name => {
      const { isServing, directory, error, total, ledger } = await cacher.progress(name);
      return { isServing, directory, error, bt: runningView('bt', total, undefined, ledger) };
    },
  };
}

/** Where a received package is stored: plan A or B (BN-004, BR-04). */
function storedAt({ servertype, receiverstoreplan, basedatapath }: Config, task: TaskFile): string {
  const isPlanA = servertype === 'receiver' && receiverstoreplan === 'A';
  return isPlanA ? join(basedatapath, task.name) : Layout.at(basedatapath, task.basesubdir, task.name).packagePath;
}
