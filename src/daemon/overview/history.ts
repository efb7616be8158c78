import type { HistoryPage, HistoryRow } from '../../api/rest/shapes.ts';
import { BftError } from '../../core/errors.ts';
import { readTaskFile, type TaskStore } from '../../queue/task-store.ts';
import type { ReceivingState, SendingState } from '../../queue/states.ts';
import { LIST_KEY, listSize } from '../../task/task-file.ts';
import type { ListedTask, StateListing } from '../state-listing.ts';
import type { TaskCards } from '../task-cards.ts';
import type { Deliveries } from './deliveries.ts';
import { perMethod, timeOrNull } from './row.ts';

/** Each is a task file that is read. */
const MOST = 500;

type Direction = HistoryRow['direction'];
type EndedState = 'downloaded' | 'history';

export interface HistoryComponents {
  readonly received: { readonly store: TaskStore<ReceivingState>; readonly cards: TaskCards<ReceivingState> };
  readonly sent: { readonly store: TaskStore<SendingState>; readonly cards: TaskCards<SendingState> } | undefined;
  readonly deliveries: Deliveries;
  /** How a node verifies that keeps no reports of what it received; '' of one that does. */
  readonly verified: string;
}

interface Ended extends ListedTask {
  readonly direction: Direction;
  readonly state: EndedState;
}

interface Query {
  readonly before?: string;
  readonly limit: number;
  readonly direction?: Direction;
}

/** Tasks that ended, latest first, by the times of their files: what is not on the page is not read. */
export class History {
  readonly #c: HistoryComponents;

  constructor(components: HistoryComponents) {
    this.#c = components;
  }

  /** At most 500 of them. Throws QUERY_INVALID for a cursor that is none of ours. */
  async page({ before, limit, direction }: Query): Promise<HistoryPage> {
    const place = before === undefined ? undefined : placeOf(before);
    const ended = await this.#ended(direction);
    const from = place === undefined ? 0 : ended.findIndex(task => isAfter(task, place));
    if (from === -1) return { entries: [], next: null };
    const to = from + Math.min(Math.max(limit, 1), MOST);
    const entries: HistoryRow[] = [];
    for (const task of ended.slice(from, to)) {
      const row = await this.#row(task).catch(unreadable);
      if (row) entries.push(row);
    }
    const last = ended[to - 1];
    return { entries, next: last && to < ended.length ? cursorOf(last) : null };
  }

  async *rows(): AsyncGenerator<HistoryRow> {
    for (let before: string | undefined; ; ) {
      const { entries, next } = await this.page({ limit: MOST, ...(before === undefined ? {} : { before }) });
      yield* entries;
      if (next === null) return;
      before = next;
    }
  }

  async #ended(direction: Direction | undefined): Promise<Ended[]> {
    const { received, sent } = this.#c;
    const ended: Ended[] = [];
    const add = async (of: Direction, state: EndedState, listing: StateListing) => {
      if (direction !== undefined && direction !== of) return;
      for (const task of await listing.look()) ended.push({ ...task, direction: of, state });
    };
    await add('received', 'downloaded', received.cards.listing('downloaded'));
    await add('received', 'history', received.cards.listing('history'));
    if (sent) await add('sent', 'history', sent.cards.listing('history'));
    return ended.sort((a, b) => b.info.mtimeMs - a.info.mtimeMs || (keyOf(a)[1] < keyOf(b)[1] ? -1 : 1));
  }

  async #row({ direction, state, name, info }: Ended): Promise<HistoryRow> {
    if (direction === 'sent') return await this.#sentRow(name);
    const { bytes, report, finished, isReported, ...delivery } = await this.#c.deliveries.of(name, state, info);
    return {
      direction,
      name,
      ...delivery,
      ...bytes,
      finished: timeOf(finished),
      verified: verifiedBy(report?.infohash) ?? this.#c.verified,
      report: isReported,
    };
  }

  async #sentRow(name: string): Promise<HistoryRow> {
    const store = this.#c.sent?.store;
    if (!store) throw new BftError('TASK_UNKNOWN', 'unknown task, not found task.');
    const task = await readTaskFile(store.path('history', name));
    const bytes = perMethod(method => listSize(task, LIST_KEY[method]));
    const none = { local: 0, wasted: 0, verified: '', report: false };
    const { name: packageName, size, sendtime } = task;
    return { direction: 'sent', name, package: packageName, size, finished: timeOf(sendtime), ...bytes, ...none };
  }
}

/** By what a package was verified before it was put together (decision 20); undefined: the record is too old to say. */
function verifiedBy(infohash: string | undefined): string | undefined {
  if (infohash === undefined) return undefined;
  return infohash === '' ? 'SHA-1 of every file' : 'pieces of the full torrent';
}

/** Of local time as task files have it (decision 12). */
const timeOf = (text = ''): string | null => timeOrNull(Date.parse(text.replace(' ', 'T')));

/** By time, then by name: two may have ended in the same millisecond. */
type Key = readonly [at: number, id: string];
const keyOf = ({ info, direction, name }: Ended): Key => [info.mtimeMs, `${direction}/${name}`];

function isAfter(task: Ended, [at, id]: Key): boolean {
  return task.info.mtimeMs === at ? keyOf(task)[1] > id : task.info.mtimeMs < at;
}

const cursorOf = (task: Ended): string => Buffer.from(JSON.stringify(keyOf(task))).toString('base64url');

function placeOf(cursor: string): Key {
  const [at, id] = read(cursor);
  if (typeof at === 'number' && typeof id === 'string') return [at, id];
  throw new BftError(
    'QUERY_INVALID',
    `before ${JSON.stringify(cursor.slice(0, 40))} is no "next" of a page of history`,
  );
}

function read(cursor: string): unknown[] {
  try {
    const found: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

/** It moved on just now, or is no task. */
function unreadable(error: unknown): undefined {
  if (!(error instanceof BftError)) throw error;
  return undefined;
}
