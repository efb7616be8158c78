import { basename, join } from 'node:path';
import { QueueWatch } from '../queue/queue-watch.ts';
import { SENDING } from '../queue/states.ts';
import { TaskStore } from '../queue/task-store.ts';
import { BucketPackages } from '../roles/bucket-packages.ts';
import { refusePackage } from '../roles/one-direction.ts';
import { PausedTasks } from '../roles/paused-tasks.ts';
import { Sender } from '../roles/sender.ts';
import { TaskMaker } from '../roles/task-maker.ts';
import { TaskRecords } from '../roles/task-records.ts';
import { Layout } from '../task/layout.ts';
import type { TaskFile } from '../task/task-file.ts';
import type { BuiltRole, NodeComponents, Shared } from './node-parts.ts';
import { shownSending } from './overview/sides.ts';
import { buildReceiver } from './receiving.ts';
import { sentSide } from './sent-side.ts';

/** A sender receives, too, and stores like plan B (BR-04). */
export function buildSender(components: NodeComponents, shared: Shared): BuiltRole {
  const { current, clock, log, transports, discardUpload, source, buckets } = components;
  const store = new TaskStore({ log }, { root: current().senderpath, states: SENDING });
  shared.states.add('sent', store, SENDING);
  const refuse = (task: TaskFile) => refusePackage(store, ['queues', 'uploading', 'uploaded'], task, 'sending');
  const refuseSent = async (task: TaskFile) => {
    await refuse(task);
    maker.refuseMaking(Layout.at(current().basedatapath, task.basesubdir, task.name).packagePath);
  };
  const received = buildReceiver(components, shared, { refuse, refuseSent });
  const { receiver, avoidRepeat } = received;
  const records = new TaskRecords(current().statepath, 'sent');
  const packages = new BucketPackages({ source, clock, log }, () => current().transferpath);
  const marks = join(current().statepath, 'paused-sent.json');
  const paused = new PausedTasks({ store, log }, { path: marks, states: ['queues', 'uploading', 'uploaded'] });
  const parts = { store, records, paused, transports, discardUpload, packages, clock, log };
  const sender = new Sender(
    { ...parts, refuse: task => refusePackage(received.store, ['queues', 'downloading'], task, 'receiving') },
    current,
  );
  const send = (path: string) => sender.send(path, true);
  const maker = new TaskMaker({ clock, log, records, buckets, packages, avoidRepeat, send }, current);
  const sending = shownSending(components, {
    store,
    activity: name => sender.activity(name),
    isPaused: name => paused.has(name),
    makings: () => maker.makings(),
    requestOf: dcppath => maker.requestOf(dcppath),
    packagePath: task => Layout.at(current().basedatapath, task.basesubdir, task.name).packagePath,
  });
  return {
    roles: [store, paused, ...received.roles, sender, maker, new QueueWatch({ store, log }, 'queues')],
    isTableForeign: received.isTableForeign,
    hasTask: async name => (await store.find(name)) !== undefined || (await received.hasTask(name)),
    shown: { ...received.shown, sending },
    sides: { ...received.sides, sent: sentSide({ store, paused, sender, maker }) },
    api: {
      ...received.api,
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
