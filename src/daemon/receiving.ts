import { hostname } from 'node:os';
import { join } from 'node:path';
import { VERSION } from '../api/version.ts';
import type { Config } from '../config/schema.ts';
import { tablePlace } from '../config/table-place.ts';
import { METHODS, type Method } from '../core/method.ts';
import { HashTable } from '../hashtable/hash-table.ts';
import { QueueWatch } from '../queue/queue-watch.ts';
import { RECEIVING, type ReceivingState } from '../queue/states.ts';
import { TaskStore } from '../queue/task-store.ts';
import { AvoidRepeat } from '../roles/avoid-repeat.ts';
import { Cacher } from '../roles/cacher.ts';
import { DeadlineWatch } from '../roles/deadline-watch.ts';
import { PausedTasks } from '../roles/paused-tasks.ts';
import { DeliveryReports } from '../roles/delivery-reports.ts';
import { Receiver } from '../roles/receiver.ts';
import { ReportShelf } from '../roles/report-shelf.ts';
import { TaskRecords } from '../roles/task-records.ts';
import { TorrentShelf } from '../roles/torrent-shelf.ts';
import { Layout } from '../task/layout.ts';
import type { TaskFile } from '../task/task-file.ts';
import { Room, type RoomRules } from '../transfer/room.ts';
import { LocalTransport } from '../transports/local/transport.ts';
import { hashKeeping } from './hash-keeping.ts';
import type { BuiltRole, NodeComponents, RoleApi, Shared } from './node-parts.ts';
import type { ControlledSide, Sides } from './control.ts';
import { shownReceiving } from './overview/sides.ts';
import { ReceivedTasks, type ReceivedTasksRules } from './received-tasks.ts';
import { downloadView, runningView } from './views.ts';

interface BuiltReceiver extends BuiltRole {
  readonly store: TaskStore<ReceivingState>;
  readonly receiver: Receiver;
  readonly avoidRepeat: AvoidRepeat;
}

const ofCacher: ReceivedTasksRules = { methods: ['bt'] satisfies Method[], servesInDownloading: true };
const ofReceiver: ReceivedTasksRules = { methods: METHODS, servesInDownloading: false };

export function buildCacher(components: NodeComponents, shared: Shared): BuiltRole {
  const { store, dropped, parts, follow } = side(components, shared);
  const cacher = new Cacher(parts, components.current);
  const { tasks, watch, receiving } = follow(cacher, ofCacher, {
    packagePath: () => '',
    isReported: () => Promise.resolve(false),
  });
  const received = receivedControl(cacher, parts.paused, name => cacher.remove(name));
  const sides = { received, receive: (text: string) => cacher.receive(text) };
  const roles = [store, parts.paused, cacher, dropped, watch];
  const isTableForeign = () => false;
  return { roles, api: cacherApi(cacher, tasks), sides, shown: { receiving }, hasTask: has(store), isTableForeign };
}

/** What a receiving side must know of the sending side of its node. */
interface SendingSide {
  /** Throws when the node must not receive a task. */
  readonly refuse?: (task: TaskFile) => Promise<void>;
  /** Throws when the package of a task must not be deleted. */
  readonly refuseSent: (task: TaskFile) => Promise<void>;
}

export function buildReceiver(
  components: NodeComponents,
  shared: Shared,
  sending: SendingSide = { refuseSent: () => Promise.resolve() },
): BuiltReceiver {
  const { current, clock, log, limits, allowed, isOpen } = components;
  const { store, dropped, parts, follow } = side(components, shared);
  const table = new HashTable({ log }, () => tablePlace(current()));
  const local = new LocalTransport({ find: wanted => table.find(wanted), drop: rows => table.drop(rows), log });
  const keeping = hashKeeping({ table, clock, log, isBusy: () => limits.isMoving }, current);
  const avoidRepeat = new AvoidRepeat({ table, local, clock, log }, () => current().avoidrepeat);
  const receiver = new Receiver({ ...parts, avoidRepeat, allowed, isOpen, ...sending }, current, task =>
    storedAt(current(), task),
  );
  const shelf = new ReportShelf(join(current().receiverpath, 'reports'));
  const { tasks, watch, receiving } = follow(receiver, ofReceiver, {
    packagePath: task => storedAt(current(), task),
    isReported: name => shelf.isReported(name),
  });
  const reports = new DeliveryReports(
    { ...parts, shelf, events: shared.events },
    { packagePath: task => storedAt(current(), task), node: () => nodeName(current()), software: VERSION },
  );
  const roles = [...keeping, store, parts.paused, reports, receiver, dropped, watch];
  const received = receivedControl(receiver, parts.paused, (name, files) => receiver.remove(name, files));
  const sides: Sides = { received, receive: text => receiver.receive(text) };
  const api = { ...receiverApi(receiver, tasks), reports: shelf };
  const isTableForeign = () => table.isForeign;
  return { store, receiver, avoidRepeat, roles, api, sides, shown: { receiving }, hasTask: has(store), isTableForeign };
}

/** What is known of finished tasks. */
interface Delivered {
  /** '': nothing is put into the storage. */
  readonly packagePath: (task: TaskFile) => string;
  readonly isReported: (name: string) => Promise<boolean>;
}

/** What receivers and cachers have in common. */
function side(components: NodeComponents, shared: Shared) {
  const { current, clock, log, transports, download, timetableOf, seenRates, limits } = components;
  const { events, states } = shared;
  const store = new TaskStore({ log }, { root: current().receiverpath, states: RECEIVING });
  states.add('received', store, RECEIVING);
  store.on('changed', ({ name, to }) => to === 'downloading' || seenRates.forget(name));
  const records = new TaskRecords(current().statepath, 'received');
  const marks = join(current().statepath, 'paused-received.json');
  const paused = new PausedTasks({ store, log }, { path: marks, states: ['queues', 'downloading'] });
  const room = new Room({ clock, log }, () => roomRules(current()));
  const follow = (
    role: Pick<Receiver, 'ledgerOf' | 'hasGivenUp' | 'activity'>,
    rules: ReceivedTasksRules,
    delivered: Delivered,
  ) => {
    const ledgerOf = (name: string) => role.ledgerOf(name);
    const hasGivenUp = (name: string) => role.hasGivenUp(name);
    const seen = { timetableOf, rates: seenRates, limits };
    const isPaused = (name: string) => paused.has(name);
    const tasks = new ReceivedTasks({ store, clock, ...seen, ledgerOf, hasGivenUp, isPaused }, rules);
    const receiving = shownReceiving(components, {
      store,
      records,
      tasks,
      ledgerOf,
      activity: name => role.activity(name),
      isPaused,
      packagePath: (_, task) => delivered.packagePath(task),
      isReported: delivered.isReported,
    });
    return { tasks, receiving, watch: new DeadlineWatch({ tasks: () => tasks.dated(), events, clock, log }) };
  };
  return {
    store,
    dropped: new QueueWatch({ store, log }, 'queues'),
    parts: { store, records, paused, shelf: new TorrentShelf({ download, log }), clock, transports, room, log },
    follow,
  };
}

const has = (store: TaskStore<ReceivingState>) => async (name: string) => (await store.find(name)) !== undefined;

const roomRules = ({ transferpath, checkroom, reserve }: Config): RoomRules => ({
  path: transferpath,
  isChecked: checkroom,
  reserve,
});

function receivedControl(
  { control }: Pick<Receiver, 'control'>,
  paused: PausedTasks<ReceivingState>,
  cancel: ControlledSide['cancel'],
): ControlledSide {
  return {
    pause: name => control.pause(name),
    resume: name => control.resume(name),
    retry: name => control.retry(name),
    isPaused: name => paused.has(name),
    cancel,
  };
}

function receiverApi(receiver: Receiver, tasks: ReceivedTasks): Omit<RoleApi, 'reports'> {
  return {
    schedules: () => tasks.list(),
    recv: path => receiver.recv(path),
    cancel: name => receiver.cancel(name),
    downloadProgress: async name => {
      const progress = await receiver.progress(name);
      const isDownloading = progress.state !== 'queues';
      return downloadView(progress, (task, amounts) => tasks.prospect(name, task, amounts, isDownloading));
    },
  };
}

function cacherApi(cacher: Cacher, tasks: ReceivedTasks): RoleApi {
  return {
    schedules: () => tasks.list(),
    // It keeps a share, not a package.
    reports: { report: () => Promise.resolve(undefined) },
    recv: (path, reactive) => cacher.recv(path, reactive),
    cancel: name => cacher.cancel(name),
    cacheProgress: async name => {
      const { isServing, directory, error, isPaused, total, ledger } = await cacher.progress(name);
      return { isServing, directory, error, isPaused, bt: runningView('bt', total, undefined, ledger) };
    },
  };
}

const nodeName = ({ servertype, receiverid, senderid }: Config): string =>
  (servertype === 'sender' ? senderid : receiverid) || hostname();

/** Where a received package is stored: plan A or B (BN-004, BR-04). */
function storedAt({ servertype, receiverstoreplan, basedatapath }: Config, task: TaskFile): string {
  const isPlanA = servertype === 'receiver' && receiverstoreplan === 'A';
  return isPlanA ? join(basedatapath, task.name) : Layout.at(basedatapath, task.basesubdir, task.name).packagePath;
}
