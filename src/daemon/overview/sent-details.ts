import type { MakingEntry } from '../../api/node.ts';
import type { TorrentView } from '../../api/torrents.ts';
import type { Method } from '../../core/method.ts';
import type { SendingState } from '../../queue/states.ts';
import type { TaskStore } from '../../queue/task-store.ts';
import type { TaskFile } from '../../task/task-file.ts';
import type { TaskCards } from '../task-cards.ts';
import type { MethodFacts } from './detail.ts';
import { allPieces } from './pieces.ts';
import type { OwnParts } from './received-details.ts';
import type { TaskRow } from '../../api/rest/shapes.ts';
import type { AgedRow } from './row.ts';
import type { Offer, SentRows } from './sent-rows.ts';

export interface SentDetailsComponents {
  readonly store: TaskStore<SendingState>;
  readonly cards: TaskCards<SendingState>;
  readonly rows: SentRows;
  readonly makings: () => readonly MakingEntry[];
  readonly makingRows: () => readonly AgedRow[];
  readonly offer: (name: string, method: Method) => Offer;
  readonly packagePath: (task: TaskFile) => string;
  readonly torrentOf: (name: string) => TorrentView | undefined;
}

/** What a sender offers knows no hours (decision 25). */
const noHours = () => undefined;
const NOTHING: MethodFacts = { state: 'none', wasted: 0, sources: {}, wastedby: {}, trouble: '' };

/** What is shown of one task that is made or sent. The original package is never deleted with it. */
export class SentDetails {
  readonly #c: SentDetailsComponents;

  constructor(components: SentDetailsComponents) {
    this.#c = components;
  }

  /** Undefined: this node does not send it, or not any more, or it is still being written. */
  async parts(name: string): Promise<OwnParts | undefined> {
    const { store } = this.#c;
    const making = this.#making(name);
    const found = await store.get(name);
    if (!found?.task) return making;
    if (making?.row.status === 'making') return making;
    const { state, task } = found;
    const row = await this.#row(name, state);
    if (!row) return making;
    const torrent = this.#c.torrentOf(name);
    const isServed = row.status === 'serving' && torrent && torrent.pieces > 0;
    return {
      row,
      task,
      taskfile: store.path(state, name),
      dcppath: this.#c.packagePath(task),
      facts: method => this.#facts(name, row, method),
      timetable: noHours,
      deletable: 0,
      pieces: isServed ? allPieces(torrent.pieces) : null,
      torrent,
      hasReport: false,
    };
  }

  async #row(name: string, state: SendingState): Promise<TaskRow | undefined> {
    if (state !== 'history') return (await this.#c.rows.rows(name))[0]?.row;
    const card = (await this.#c.cards.of(state)).get(name);
    return card && this.#c.rows.finished(name, card).row;
  }

  #making(name: string): OwnParts | undefined {
    const entry = this.#c.makings().find(making => making.name === name);
    const aged = this.#c.makingRows().find(({ row }) => row.name === name);
    if (!entry || !aged) return undefined;
    const { taskfile, dcppath } = entry;
    const none = { timetable: noHours, facts: () => NOTHING, pieces: null, torrent: undefined, hasReport: false };
    return { ...none, row: aged.row, task: undefined, taskfile, dcppath, deletable: 0 };
  }

  #facts(name: string, { state, status, cause, methods }: TaskRow, method: Method): MethodFacts {
    const { total } = methods[method];
    if (total === 0) return NOTHING;
    if (state === 'history') return { ...NOTHING, state: 'unavailable' };
    const offer = this.#c.offer(name, method);
    const isFailing = offer.state === 'unavailable' && status !== 'queued';
    return { ...NOTHING, state: offer.state, trouble: isFailing ? (cause?.desc ?? '') : '' };
  }
}
