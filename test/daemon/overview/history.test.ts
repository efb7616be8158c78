import assert from 'node:assert/strict';
import { utimes } from 'node:fs/promises';
import type { HistoryRow } from '../../../src/api/rest/shapes.ts';
import { silentLog } from '../../../src/core/log.ts';
import { METHODS } from '../../../src/core/method.ts';
import { Deliveries } from '../../../src/daemon/overview/deliveries.ts';
import { History } from '../../../src/daemon/overview/history.ts';
import { TaskCards } from '../../../src/daemon/task-cards.ts';
import { RECEIVING, SENDING } from '../../../src/queue/states.ts';
import { TaskStore } from '../../../src/queue/task-store.ts';
import { TaskRecords } from '../../../src/roles/task-records.ts';
import { realTask } from '../../task/examples.ts';
import { temporaryDirectory, writeFiles } from '../../temporary-directory.ts';

describe('daemon: the history of both directions', () => {
  const at = temporaryDirectory();

  async function historyOf(...ended: [side: 'received' | 'sent', state: 'downloaded' | 'history', name: string][]) {
    const received = new TaskStore({ log: silentLog }, { root: at('received'), states: RECEIVING });
    const sent = new TaskStore({ log: silentLog }, { root: at('sent'), states: SENDING });
    await received.start();
    await sent.start();
    for (const [index, [side, state, name]] of ended.entries()) {
      const file = `cfec-001-${name}.task.json`;
      const task = { ...realTask(), name, finishedtime: '2026-11-21 20:45:00' };
      const path = side === 'sent' ? sent.path('history', file) : received.path(state, file);
      await writeFiles(at(), { [path.slice(at().length + 1)]: JSON.stringify(task) });
      await utimes(path, index + 1, index + 1);
    }
    const deliveries = new Deliveries(
      { store: received, records: new TaskRecords(at('state'), 'received'), isReported: () => Promise.resolve(true) },
      METHODS,
    );
    const side = <S extends string>(store: TaskStore<S>) => ({ store, cards: new TaskCards(store, METHODS) });
    return new History({ received: side(received), sent: side(sent), deliveries, verified: '' });
  }
  const names = (entries: readonly HistoryRow[]) => entries.map(({ package: name }) => name);

  it('comes latest first, page by page, and goes on where a page ended whatever came meanwhile', async () => {
    const history = await historyOf(
      ['received', 'history', 'a'],
      ['sent', 'history', 'b'],
      ['received', 'downloaded', 'c'],
      ['received', 'history', 'd'],
    );
    const first = await history.page({ limit: 2 });
    assert.deepEqual(names(first.entries), ['d', 'c']);
    assert.ok(first.next);
    await writeFiles(at('received', 'history'), { 'cfec-001-new.task.json': JSON.stringify(realTask()) });
    const second = await history.page({ limit: 2, before: first.next });
    assert.deepEqual([names(second.entries), second.next], [['b', 'a'], null]);
    const [sent] = second.entries;
    assert.deepEqual([sent?.direction, sent?.verified, sent?.report], ['sent', '', false]);
    assert.deepEqual(names((await history.page({ limit: 9, direction: 'sent' })).entries), ['b']);
    const all: HistoryRow[] = [];
    for await (const row of history.rows()) all.push(row);
    assert.equal(all.length, 5);
  });

  it('leaves out what cannot be read, and ends all the same', async () => {
    const history = await historyOf(['received', 'history', 'a'], ['received', 'history', 'b']);
    await writeFiles(at('received', 'history'), { 'cfec-001-b.task.json': '{"half' });
    const { entries, next } = await history.page({ limit: 1 });
    assert.deepEqual([names(entries), next === null], [[], false]);
    assert.deepEqual(names((await history.page({ limit: 1, before: next ?? '' })).entries), ['a']);
  });
});
