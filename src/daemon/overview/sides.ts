import { METHODS } from '../../core/method.ts';
import type { ReceivingState, SendingState } from '../../queue/states.ts';
import type { TaskStore } from '../../queue/task-store.ts';
import type { Activity } from '../../roles/activity.ts';
import type { TaskRecords } from '../../roles/task-records.ts';
import type { TaskFile } from '../../task/task-file.ts';
import type { Ledger } from '../../transfer/ledger.ts';
import type { NodeComponents } from '../node-parts.ts';
import type { ReceivedTasks } from '../received-tasks.ts';
import { TaskCards } from '../task-cards.ts';
import { Deliveries } from './deliveries.ts';
import type { HistoryComponents } from './history.ts';
import { makingRows, type MakingRowsComponents } from './making-rows.ts';
import type { ReceivedSide, SentSide } from './node-overview.ts';
import { ReceivedDetails } from './received-details.ts';
import { ReceivedRows } from './received-rows.ts';
import { SentDetails, type SentDetailsComponents } from './sent-details.ts';
import { SentRows, type SentRowsComponents } from './sent-rows.ts';

type Watched = Pick<NodeComponents, 'current' | 'clock' | 'torrents' | 'timetableOf'>;

interface Receiving {
  readonly store: TaskStore<ReceivingState>;
  readonly records: TaskRecords;
  readonly tasks: ReceivedTasks;
  readonly activity: (name: string) => Activity;
  readonly ledgerOf: (name: string) => Ledger | undefined;
  readonly isPaused: (name: string) => boolean;
  readonly packagePath: (name: string, task: TaskFile) => string;
  /** Whether there is a delivery report. */
  readonly isReported: (name: string) => Promise<boolean>;
}

export interface ShownReceiving extends ReceivedSide {
  readonly history: Omit<HistoryComponents, 'sent'>;
  readonly timetables: ReceivedTasks['timetables'];
}

export interface ShownSending extends SentSide {
  readonly history: HistoryComponents['sent'];
}

/** The receiving side of a node as people see it. */
export function shownReceiving({ current, clock, torrents, timetableOf }: Watched, side: Receiving): ShownReceiving {
  const isCacher = current().servertype === 'cacher';
  const { store, tasks } = side;
  const { cards } = tasks;
  const deliveries = new Deliveries(side, isCacher ? ['bt'] : METHODS);
  const limit = () => current().downloadingnum;
  const rows = new ReceivedRows({ ...side, deliveries, limit, clock }, { isCacher });
  const torrentOf = (name: string) => torrents().find(torrent => torrent.name === name);
  const details = new ReceivedDetails({ ...side, cards, rows, deliveries, timetableOf, torrentOf });
  const verified = isCacher ? 'pieces of the bt torrent' : '';
  const timetables = () => tasks.timetables();
  return { rows, details, timetables, history: { received: { store, cards }, deliveries, verified } };
}

interface Sending {
  readonly store: TaskStore<SendingState>;
  readonly activity: SentRowsComponents['activity'];
  readonly isPaused: SentRowsComponents['isPaused'];
  readonly makings: MakingRowsComponents['makings'];
  readonly requestOf: MakingRowsComponents['requestOf'];
  readonly packagePath: SentDetailsComponents['packagePath'];
}

/** The sending side of a node as people see it. */
export function shownSending(
  { current, torrents, limits, offer }: Pick<NodeComponents, 'current' | 'torrents' | 'limits' | 'offer'>,
  side: Sending,
): ShownSending {
  const { store } = side;
  const cards = new TaskCards(store, METHODS);
  const rows = new SentRows({
    ...side,
    cards,
    offer,
    rates: () => limits.rates(),
    limit: () => current().uploadingnum,
  });
  const defaults = () => ({ ratio: current()['bt-obs-cdn'], policy: current().priorpolicy });
  const makings = () => makingRows({ ...side, defaults });
  const torrentOf = (name: string) => torrents().find(torrent => torrent.name === name);
  const details = new SentDetails({ ...side, cards, rows, makingRows: makings, offer, torrentOf });
  return { rows, details, makingRows: makings, history: { store, cards } };
}
