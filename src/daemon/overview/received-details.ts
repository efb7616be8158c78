import type { TaskDetail } from '../../api/rest/shapes.ts';
import type { TorrentView } from '../../api/torrents.ts';
import type { Method } from '../../core/method.ts';
import type { ReceivingState } from '../../queue/states.ts';
import type { TaskStore } from '../../queue/task-store.ts';
import type { Activity } from '../../roles/activity.ts';
import type { TaskFile } from '../../task/task-file.ts';
import type { Ledger } from '../../transfer/ledger.ts';
import { hoursOf, type TimetableOf } from '../outlook.ts';
import type { Card, TaskCards } from '../task-cards.ts';
import { bySource } from '../views.ts';
import type { Deliveries, Delivery } from './deliveries.ts';
import type { DetailParts, MethodFacts } from './detail.ts';
import { piecesOf } from './pieces.ts';
import type { ReceivedRows } from './received-rows.ts';
import type { Amount } from './row.ts';

export interface ReceivedDetailsComponents {
  readonly store: TaskStore<ReceivingState>;
  readonly cards: TaskCards<ReceivingState>;
  readonly rows: ReceivedRows;
  readonly deliveries: Deliveries;
  readonly activity: (name: string) => Activity;
  readonly ledgerOf: (name: string) => Ledger | undefined;
  readonly timetableOf: TimetableOf;
  /** Where the package of a received task lies; '' on a node that stores none. */
  readonly packagePath: (name: string, task: TaskFile) => string;
  readonly torrentOf: (name: string) => TorrentView | undefined;
}

export type OwnParts = Omit<DetailParts, 'limits' | 'events'>;

/** What is shown of one received task. */
export class ReceivedDetails {
  readonly #c: ReceivedDetailsComponents;

  constructor(components: ReceivedDetailsComponents) {
    this.#c = components;
  }

  /** Undefined: this node does not receive it, or not any more, or it is still being written. */
  async parts(name: string): Promise<OwnParts | undefined> {
    const { store, cards } = this.#c;
    const found = await store.get(name);
    if (!found?.task) return undefined;
    const { state, task } = found;
    const common = { task, taskfile: store.path(state, name), torrent: this.#c.torrentOf(name) };
    const timetable = (method: Method) => hoursOf(this.#c.timetableOf, task, method);
    if (state === 'queues' || state === 'downloading') return await this.#running(name, { ...common, timetable });
    const card = (await cards.of(state)).get(name);
    return card && (await this.#finished(name, state, card, { ...common, task, timetable }));
  }

  async #running(
    name: string,
    common: Pick<OwnParts, 'task' | 'taskfile' | 'torrent' | 'timetable'>,
  ): Promise<OwnParts | undefined> {
    const [aged] = await this.#c.rows.rows(name);
    if (!aged) return undefined;
    const { row } = aged;
    const ledger = row.state === 'downloading' ? this.#c.ledgerOf(name) : undefined;
    return {
      ...common,
      row,
      dcppath: '',
      facts: method => runningFacts(method, row.methods[method], ledger),
      deletable: ledger?.verifiedBytes ?? 0,
      pieces: ledger ? this.#pieces(name, ledger, common.torrent) : null,
      hasReport: false,
    };
  }

  async #finished(
    name: string,
    state: 'downloaded' | 'history',
    card: Card,
    common: Pick<OwnParts, 'taskfile' | 'torrent' | 'timetable'> & { readonly task: TaskFile },
  ): Promise<OwnParts> {
    const { row } = await this.#c.rows.finished(name, state, card);
    const delivery = await this.#c.deliveries.of(name, state, card.info);
    const dcppath = this.#c.packagePath(name, common.task);
    return {
      ...common,
      row,
      dcppath,
      facts: method => finishedFacts(method, delivery),
      deletable: dcppath === '' ? 0 : row.size,
      pieces: null,
      hasReport: delivery.isReported,
    };
  }

  #pieces(name: string, ledger: Ledger, torrent: TorrentView | undefined): TaskDetail['pieces'] {
    const { item } = this.#c.activity(name);
    return item ? piecesOf(item, ledger, torrent) : null;
  }

  /** Of the tasks that are fetched or served right now. */
  async ledgers(): Promise<Ledger[]> {
    const names = (await this.#c.cards.of('downloading')).keys();
    return [...names].flatMap(name => this.#c.ledgerOf(name) ?? []);
  }
}

function runningFacts(method: Method, { bytes, total }: Amount, ledger: Ledger | undefined): MethodFacts {
  const trouble = bytes < total ? (ledger?.noticeOf(method)?.message ?? '') : '';
  const running = ledger && trouble === '' ? 'running' : 'waiting';
  const meter = ledger?.meters[method];
  return {
    state: total === 0 ? 'none' : bytes >= total ? 'done' : running,
    wasted: meter?.wasted ?? 0,
    ...bySource(meter?.counted.sources),
    trouble,
  };
}

function finishedFacts(method: Method, { bytes, report }: Delivery): MethodFacts {
  const moved = report?.methods[method];
  const state = bytes[method] > 0 ? 'done' : 'none';
  return { state, wasted: moved?.wasted ?? 0, ...bySource(moved?.sources), trouble: '' };
}
