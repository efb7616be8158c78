import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { Events } from '../../src/core/events.ts';
import { type Logger, silentLog } from '../../src/core/log.ts';
import { type DatedTask, DeadlineWatch } from '../../src/roles/deadline-watch.ts';
import { SteppedClock } from '../stepped-clock.ts';

const MINUTE = 60_000;
const FILM = 'cfec-001-film.task.json';
const NOW = new Date(2026, 10, 21, 12).getTime();
const DEADLINE = NOW + 60 * MINUTE;
const film = (earliest: number, deadline = DEADLINE): DatedTask => ({
  name: FILM,
  deadline,
  earliest,
  isAtRisk: earliest > deadline,
  isKnown: Number.isFinite(earliest),
});

describe('roles: watching deadlines', () => {
  let clock: SteppedClock;
  let events: Events;
  let watch: DeadlineWatch;
  let tasks: () => Promise<readonly DatedTask[]>;
  let looks: number;
  let lines: string[];
  beforeEach(async () => {
    clock = new SteppedClock(NOW);
    events = new Events({ clock });
    looks = 0;
    lines = [];
    tasks = () => Promise.resolve([]);
    const line = (level: string) => (fields: object, text?: string) =>
      void lines.push([level, 'code' in fields ? fields.code : '', text].join(' '));
    const log: Logger = { ...silentLog, info: line('info'), warn: line('warn'), error: line('error') };
    watch = new DeadlineWatch({ tasks: () => (looks++, tasks()), events, clock, log });
  });
  afterEach(() => watch.stop());
  /** What is woken has settled before and after. */
  const pass = async (ms: number) => {
    await turn();
    await clock.advance(ms);
    await turn();
  };
  const told = () => events.since(0).map(({ code, task, text }) => [code, task, text]);

  it('says once that a task is at risk, however often it looks, and once that it is on time again', async () => {
    tasks = () => Promise.resolve([film(DEADLINE + 5 * MINUTE)]);
    await watch.start();
    await pass(10 * MINUTE);
    assert.equal(looks, 11);
    const late = `${FILM} will not be complete by its deadline 2026-11-21 13:00:00, as it goes now: not before 2026-11-21 13:05:00`;
    assert.deepEqual(told(), [['DEADLINE_AT_RISK', FILM, late]]);
    assert.deepEqual(lines, [`warn DEADLINE_AT_RISK ${late}`]);
    tasks = () => Promise.resolve([film(DEADLINE)]);
    await pass(10 * MINUTE);
    const fine = `${FILM} is on time again for its deadline 2026-11-21 13:00:00`;
    assert.deepEqual(told().slice(1), [['DEADLINE_ON_TIME', FILM, fine]]);
    assert.deepEqual(lines.slice(1), [`info  ${fine}`]);
    tasks = () => Promise.resolve([film(DEADLINE + 1)]);
    await pass(10 * MINUTE);
    assert.equal(told().length, 3);
  });

  it('what was told stands while nothing is known, and is not told again', async () => {
    tasks = () => Promise.resolve([film(DEADLINE + 1)]);
    await watch.start();
    await pass(MINUTE);
    tasks = () => Promise.resolve([{ ...film(NOW), isKnown: false }]);
    await pass(MINUTE);
    tasks = () => Promise.resolve([film(DEADLINE + 1)]);
    await pass(MINUTE);
    assert.equal(told().length, 1);
  });

  it('a task that nobody goes on with is said as that', async () => {
    tasks = () => Promise.resolve([film(Infinity)]);
    await watch.start();
    await pass(MINUTE);
    const text = `${FILM} will not be complete by its deadline 2026-11-21 13:00:00: its tries are used up`;
    assert.deepEqual(told(), [['DEADLINE_AT_RISK', FILM, text]]);
  });

  it('a deadline that passes is said as what it is', async () => {
    tasks = () => Promise.resolve([film(Math.max(clock.now(), NOW + MINUTE), NOW + 2 * MINUTE + 1)]);
    await watch.start();
    await pass(2 * MINUTE);
    assert.deepEqual(told(), []);
    await pass(MINUTE);
    const text = `${FILM} is not complete, and its deadline 2026-11-21 12:02:00 has passed`;
    assert.deepEqual(told(), [['DEADLINE_AT_RISK', FILM, text]]);
  });

  it('a task that is finished or cancelled is silent, and told anew when it is received anew', async () => {
    tasks = () => Promise.resolve([film(DEADLINE + 1)]);
    await watch.start();
    await pass(MINUTE);
    tasks = () => Promise.resolve([]);
    await pass(MINUTE);
    assert.equal(told().length, 1);
    tasks = () => Promise.resolve([film(DEADLINE + 1)]);
    await pass(MINUTE);
    assert.deepEqual(
      told().map(([code]) => code),
      ['DEADLINE_AT_RISK', 'DEADLINE_AT_RISK'],
    );
  });

  it('a look that fails is said, and the next one is taken', async () => {
    tasks = () => Promise.reject(new Error('the disk is gone'));
    await watch.start();
    await pass(MINUTE);
    assert.deepEqual(
      lines,
      Array.from({ length: 2 }, () => 'error  deadlines cannot be looked at'),
    );
    tasks = () => Promise.resolve([film(DEADLINE + 1)]);
    await pass(MINUTE);
    assert.equal(told().length, 1);
  });

  it('stops at once, and looks no more', async () => {
    await watch.start();
    await pass(MINUTE);
    await watch.stop();
    const before = looks;
    await pass(10 * MINUTE);
    assert.equal(looks, before);
  });
});
