import type { Direction, Overview } from '../../api/rest/node-parts.ts';
import type { HistoryPage, HistoryRow, NodesPage, NodeSummary, TaskDetail, TaskRow } from '../../api/rest/shapes.ts';
import type { TorrentView } from '../../api/torrents.ts';
import type { Clock } from '../../core/clock.ts';
import { BftError } from '../../core/errors.ts';
import type { Events } from '../../core/events.ts';
import { checkTaskFileName } from '../../task/names.ts';
import type { RateLimits } from '../../transfer/rate-limits.ts';
import { taskDetail } from './detail.ts';
import type { History } from './history.ts';
import { othersOf } from './others.ts';
import type { ReceivedDetails } from './received-details.ts';
import type { ReceivedRows } from './received-rows.ts';
import type { AgedRow } from './row.ts';
import type { SentDetails } from './sent-details.ts';
import type { SentRows } from './sent-rows.ts';
import { type SummaryComponents, summaryOf } from './summary.ts';

export interface ReceivedSide {
  readonly rows: ReceivedRows;
  readonly details: ReceivedDetails;
}

export interface SentSide {
  readonly rows: SentRows;
  readonly details: SentDetails;
  readonly makingRows: () => readonly AgedRow[];
}

export interface NodeOverviewComponents {
  readonly received: ReceivedSide;
  /** Only a sender has it. */
  readonly sent: SentSide | undefined;
  readonly history: History;
  readonly summary: SummaryComponents;
  readonly torrents: () => readonly TorrentView[];
  readonly limits: Pick<RateLimits, 'of'>;
  readonly events: Pick<Events, 'since'>;
  readonly clock: Pick<Clock, 'now'>;
}

const GROUPS: readonly TaskRow['group'][] = ['attention', 'active', 'waiting', 'done'];

/** What this node does and why, for people. */
export class NodeOverview implements Overview {
  readonly #c: NodeOverviewComponents;

  constructor(components: NodeOverviewComponents) {
    this.#c = components;
  }

  summary(): Promise<NodeSummary> {
    return summaryOf(this.#c.summary, this.#c.clock.now());
  }

  async tasks(): Promise<readonly TaskRow[]> {
    const rows = [...(await this.#c.received.rows.rows()), ...(await this.#sentRows())];
    const order = new Map(GROUPS.map((group, index) => [group, index]));
    const rank = ({ row }: AgedRow) => order.get(row.group) ?? 0;
    return rows.sort((a, b) => rank(a) - rank(b) || a.age - b.age).map(({ row }) => row);
  }

  /** A task that is made anew is shown as that; one that could not be made anew as what it still is. */
  async #sentRows(): Promise<AgedRow[]> {
    const { sent } = this.#c;
    if (!sent) return [];
    const rows = new Map((await sent.rows.rows()).map(aged => [aged.row.id, aged]));
    for (const aged of sent.makingRows())
      if (aged.row.status === 'making' || !rows.has(aged.row.id)) rows.set(aged.row.id, aged);
    return [...rows.values()];
  }

  async task(name: string, direction?: Direction): Promise<TaskDetail> {
    const { received, sent, limits, events, clock } = this.#c;
    checkTaskFileName(name);
    const parts =
      (direction === 'sent' ? undefined : await received.details.parts(name)) ??
      (direction === 'received' ? undefined : await sent?.details.parts(name));
    if (!parts) throw new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
    return taskDetail({ ...parts, limits: limits.of(name), events: events.since(0) }, clock.now());
  }

  history(query: Parameters<Overview['history']>[0]): Promise<HistoryPage> {
    return this.#c.history.page(query);
  }

  historyRows(): AsyncIterable<HistoryRow> {
    return this.#c.history.rows();
  }

  async others(): Promise<NodesPage['others']> {
    return othersOf(await this.#c.received.details.ledgers(), this.#c.torrents());
  }
}
