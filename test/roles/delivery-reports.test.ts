import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Events } from '../../src/core/events.ts';
import { type Logger, silentLog } from '../../src/core/log.ts';
import { walkPackage } from '../../src/disk/walk.ts';
import { RECEIVING, type ReceivingState } from '../../src/queue/states.ts';
import { TaskStore } from '../../src/queue/task-store.ts';
import type { DeliveryReport } from '../../src/roles/delivery-report.ts';
import { DeliveryReports } from '../../src/roles/delivery-reports.ts';
import { ReportShelf } from '../../src/roles/report-shelf.ts';
import { TaskRecords } from '../../src/roles/task-records.ts';
import type { TaskFile } from '../../src/task/task-file.ts';
import type { TransferReport } from '../../src/transfer/report.ts';
import { edit, makeDcp } from '../dcp/packages.ts';
import { ManualClock } from '../manual-clock.ts';
import { realTask } from '../task/examples.ts';
import { temporaryDirectory } from '../temporary-directory.ts';

const FILM = 'cfec-001-film.task.json';
const none = { bytes: 0, received: 0, wasted: 0, sources: {} };

describe('roles: delivery reports', () => {
  const at = temporaryDirectory();
  let events: Events;
  let store: TaskStore<ReceivingState>;
  let records: TaskRecords;
  let reports: DeliveryReports;
  let warnings: string[];
  /** Resolves when the next report is written. */
  let written: PromiseWithResolvers<void>;

  const shelf = () => new ReportShelf(at('receiver', 'reports'));
  const make = () => {
    const info = (_: object, text?: string) => text === 'delivery report is written' && written.resolve();
    const warn = (_: object, text?: string) => void warnings.push(text ?? '');
    const log = { ...silentLog, info, warn, error: warn } as Logger;
    const options = { packagePath: ({ name }: TaskFile) => at('dcp', name), node: () => 'hall-7', software: '0.1.0' };
    return new DeliveryReports({ store, records, shelf: shelf(), events, clock: new ManualClock(), log }, options);
  };
  beforeEach(async () => {
    events = new Events({ clock: new ManualClock() });
    store = new TaskStore({ log: silentLog }, { root: at('receiver'), states: RECEIVING });
    records = new TaskRecords(at('state'), 'received');
    warnings = [];
    written = Promise.withResolvers();
    await store.start();
    await makeDcp(at('dcp', 'film'));
    reports = make();
  });
  afterEach(() => reports.stop());

  /** The package as a task has it that was just received. */
  const received = async (finishedtime = '2026-11-21 21:00:10'): Promise<TaskFile> => {
    const { files } = await walkPackage(at('dcp', 'film'));
    const hash = async (path: string) =>
      createHash('sha1')
        .update(await readFile(at('dcp', 'film', path)))
        .digest('hex');
    const filelist = await Promise.all(
      files.map(async ({ path, size }) => ({ file: path, size, hash: await hash(path) })),
    );
    const [bt = '', obs = '', ...rest] = filelist.map(({ file }) => file);
    const size = filelist.reduce((sum, file) => sum + file.size, 0);
    const lists = { btlist: [bt], obslist: [obs], cdnlist: rest.slice(1), localsamefiles: rest.slice(0, 1) };
    const times = { receivetime: '2026-11-21 21:00:00', finishedtime };
    return { ...realTask(), name: 'film', type: 'dir', size, filelist, 'bt-obs-cdn': '2:1:1', ...lists, ...times };
  };
  const transferred = (task: TaskFile): TransferReport => ({
    methods: {
      bt: { bytes: 600, received: 700, wasted: 100, sources: { '192.0.2.7:6881': { bytes: 700, wasted: 100 } } },
      obs: { ...none, bytes: 200, received: 200 },
      cdn: { ...none, bytes: 200, received: 200 },
    },
    local: 50,
    takenover: { [task.obslist[0] ?? '']: 'cdn' },
    infohash: 'ab'.repeat(20),
  });
  const finish = async (task: TaskFile, to: 'downloaded' | 'history' = 'downloaded') => {
    await records.saveReport(FILM, task, transferred(task));
    await store.submit('downloading', FILM, task);
    await store.move(FILM, 'downloading', to);
  };
  const report = async () => (await shelf().report(FILM))?.json as DeliveryReport | undefined;
  const told = () => events.since(0).map(({ code, task, text }) => [code, task, text]);

  it('says what came, by what, when, and how it was verified, without reading an essence again', async () => {
    await reports.start();
    const task = await received();
    await finish(task);
    await written.promise;
    const json = await report();
    assert.ok(json?.dcp);
    assert.deepEqual(
      [json.node, json.software, json.path, json.wasted, json.local],
      ['hall-7', '0.1.0', at('dcp', 'film'), 100, 50],
    );
    assert.deepEqual(json.verified, { by: 'pieces', infohash: 'ab'.repeat(20) });
    assert.deepEqual([json.times.seconds, json.times.rate], [10, 100]);
    assert.deepEqual([json.methods.bt.actual, json.methods.bt.target], [60, 50]);
    assert.deepEqual(
      json.files.slice(0, 4).map(({ from }) => from),
      ['bt', 'cdn', 'local', 'cdn'],
    );
    assert.deepEqual([json.dcp.verdict, json.dcp.hashes], ['valid', { checked: 9, unchecked: 0 }]);
    assert.deepEqual(told(), [['PACKAGE_CHECK', FILM, 'SMPTE package is valid']]);
    const { text = '' } = (await shelf().report(FILM)) ?? {};
    for (const part of [
      'hall-7',
      'piece hashes',
      '192.0.2.7:6881',
      'taken over',
      'SMPTE package',
      task.filelist[0]?.hash,
    ])
      assert.ok(text.includes(part ?? '?'), `${part} in ${text}`);
    assert.ok(!/EXAMPLE(ACCESS|SECRET)KEY/.test(text + JSON.stringify(json)));
    assert.deepEqual(warnings, []);
  });

  it('has what the check finds in the report, the events and the log; the package stays as it was sent', async () => {
    await edit(at('dcp', 'film'), 'CPL_', text => `${text} `);
    await reports.start();
    await finish(await received());
    await written.promise;
    assert.equal((await report())?.dcp?.verdict, 'broken');
    assert.deepEqual(told(), [['PACKAGE_CHECK', FILM, 'SMPTE package is broken (SIZE_DIFFERS 1)']]);
    assert.deepEqual(warnings, [`${FILM}: SMPTE package is broken (SIZE_DIFFERS 1)`]);
    assert.equal(await store.find(FILM), 'downloaded');
  });

  it('is written at the next start for what a crash left without, and once only', async () => {
    await finish(await received());
    await reports.start();
    await written.promise;
    assert.equal((await report())?.dcp?.verdict, 'valid');
    await reports.stop();
    const before = await readFile(at('receiver', 'reports', 'cfec-001-film.json'), 'utf8');
    written = Promise.withResolvers();
    reports = make();
    await reports.start();
    // The others come after it.
    const other = { ...(await received()), name: 'other' };
    await store.submit('downloading', 'cfec-001-other.task.json', other);
    await store.move('cfec-001-other.task.json', 'downloading', 'downloaded');
    await written.promise;
    assert.equal(await readFile(at('receiver', 'reports', 'cfec-001-film.json'), 'utf8'), before);
    const { json } = (await shelf().report('cfec-001-other.task.json')) as { json: DeliveryReport };
    assert.match(json.dcpnote, /^could not be checked: .*other is not there/);
    assert.deepEqual(json.verified, { by: '', infohash: '' });
  });

  it('is written at the start also beside a task that cannot be read, and one that has no name that may be', async () => {
    const task = await received();
    await writeFile(join(store.directory('downloaded'), 'cfec-001-a.task.json'), '{"torn');
    await store.submit('downloaded', 'cfec-001-b.task.json', { ...task, name: '../b' });
    for (const name of ['a', 'b']) {
      await utimes(join(store.directory('downloaded'), `cfec-001-${name}.task.json`), 1, 1);
    }
    await finish(task);
    await reports.start();
    await written.promise;
    assert.equal((await report())?.dcp?.verdict, 'valid');
    assert.deepEqual(
      warnings.map(text => text.slice(0, 18)),
      ['no delivery report', 'no delivery report'],
    );
  });

  it('says of an old task of the history that it was not checked: its place may be another one\u2019s', async () => {
    await finish(await received(), 'history');
    await reports.start();
    await written.promise;
    const json = await report();
    assert.deepEqual([json?.dcp, /not checked/.test(json?.dcpnote ?? '')], [null, true]);
  });

  it('stays when the task goes, and the earlier ones when it comes again: the latest twenty', async () => {
    const task = await received();
    await reports.start();
    for (let n = 10; n < 33; n++) {
      written = Promise.withResolvers();
      await finish({ ...task, finishedtime: `2026-11-21 21:00:${n}` });
      await written.promise;
      await store.remove('downloaded', FILM);
    }
    assert.equal((await report())?.times.finished, '2026-11-21 21:00:32');
    const earlier = await readdir(at('receiver', 'reports', 'earlier', 'cfec-001-film'));
    const kept = await Promise.all(
      earlier
        .filter(name => name.endsWith('.json'))
        .map(async name => {
          const text = await readFile(join(at('receiver', 'reports', 'earlier', 'cfec-001-film'), name), 'utf8');
          return (JSON.parse(text) as DeliveryReport).times.finished.slice(-2);
        }),
    );
    assert.deepEqual(
      kept.sort(),
      Array.from({ length: 20 }, (_, n) => String(n + 12)),
    );
    assert.equal(earlier.length, 40);
  });

  it('tells nothing of what is not there or damaged, and writes that anew', async () => {
    assert.equal(await report(), undefined);
    await assert.rejects(shelf().report('../x.task.json'), { code: 'NAME_UNSAFE' });
    await finish(await received());
    await reports.start();
    await written.promise;
    await reports.stop();
    await writeFile(at('receiver', 'reports', 'cfec-001-film.json'), '{"format":1');
    await assert.rejects(report(), { code: 'SOURCE_UNREADABLE' });
    written = Promise.withResolvers();
    reports = make();
    await rm(at('dcp', 'film', 'VOLINDEX.xml'));
    await reports.start();
    await written.promise;
    assert.deepEqual((await report())?.dcp?.counts, { VOLUME_INDEX_MISSING: 1 });
  });
});
