import assert from 'node:assert/strict';
import { readEnvelope, writeEnvelope } from '../../src/api/envelope.ts';
import type { ErrorCode } from '../../src/core/errors.ts';
import { METHODS } from '../../src/core/method.ts';
import { parseConfig, redact } from '../../src/config/load.ts';
import { SECRET_KEYS } from '../../src/config/schema.ts';
import { checkTask } from '../../src/task/check.ts';
import { parseTaskFile, seedHours, serializeTaskFile, taskObsKeys } from '../../src/task/task-file.ts';
import { timetableOf } from '../../src/task/task-timetable.ts';
import { parseSignedList, serializeSignedList } from '../../src/transports/obs/signed-list.ts';
import { REAL_EXAMPLE, realTask } from '../task/examples.ts';
import { assertSafePath, fuzz } from './fuzz.ts';
import { hostileLeaf, mutatedBytes, mutatedTree, type Tree } from './mutated.ts';

/** Both kinds of damage: to the text, and to members of what it says. */
function fuzzJson(
  name: string,
  samples: readonly string[],
  refusals: readonly ErrorCode[],
  check: (text: Buffer) => void,
): void {
  it(`${name}: the samples are read`, () => {
    for (const sample of samples) check(Buffer.from(sample));
  });
  const trees = mutatedTree(
    samples.map(sample => JSON.parse(sample) as Tree),
    hostileLeaf,
  );
  const texts = mutatedBytes(samples, [
    '{"__proto__":',
    '"size":',
    '\\u0000',
    '\\ud800',
    '[[[[',
    '":{"',
    '1e5',
    '/*',
    "'",
  ]);
  fuzz({ name: `${name}, the text`, inputs: texts, runs: 1500, refusals, check });
  fuzz({
    name: `${name}, its members`,
    inputs: trees.map(tree => Buffer.from(JSON.stringify(tree))),
    runs: 1500,
    refusals,
    check,
  });
}

/** Files that no sum speaks of. */
const withEmptyFiles = realTask();
for (const file of ['empty', 'sub/empty']) {
  withEmptyFiles.filelist.push({ file, hash: 'da39a3ee5e6b4b0d3255bfef95601890afd80709', size: 0 });
  withEmptyFiles.obslist.push(file);
}

describe('fuzz: JSON that others send', () => {
  fuzzJson(
    'hostile input 5, 9: a task file',
    [REAL_EXAMPLE, serializeTaskFile(withEmptyFiles)],
    ['TASK_FILE_INVALID', 'NAME_UNSAFE', 'SIZES_DIFFER', 'RATIO_INVALID'],
    text => {
      const task = parseTaskFile(text.toString());
      assert.ok(seedHours(task, '72') >= 0);
      taskObsKeys(task);
      assert.deepEqual(parseTaskFile(serializeTaskFile(task)), task);
      checkTask(task, '/tmp/x.task.json');
      for (const method of METHODS) assert.ok(timetableOf(task, method, '').text !== '');
      for (const { file } of task.filelist) assertSafePath(file);
      for (const name of [task.name, task.basesubdir]) assertSafePath(name);
      const sizes = new Map(task.filelist.map(({ file, size }) => [file, size]));
      assert.equal(sizes.size, task.filelist.length);
      const listed = [...(task.localsamefiles ?? []), ...task.btlist, ...task.obslist, ...task.cdnlist];
      assert.deepEqual(listed.toSorted(), [...sizes.keys()].toSorted());
      assert.equal(
        [...sizes.values()].reduce((sum, size) => sum + size, 0),
        task.size,
      );
    },
  );

  const signed = new Map(
    ['reel 1.mxf', 'sub/声音.mxf'].map(file => [
      file,
      `https://b.obs.example.invalid/${encodeURI(file)}?Signature=a%2Fb`,
    ]),
  );
  fuzzJson(
    'a list of signed addresses',
    [serializeSignedList(signed, new Date(0)), serializeSignedList(new Map([...signed, ['more', 'x']]), new Date(0))],
    ['OBS_SIGNED_LIST'],
    bytes => {
      const urls = parseSignedList(bytes, [...signed.keys()], 'http://127.0.0.1/x');
      for (const file of signed.keys()) assert.match(new URL(urls.get(file) ?? '').protocol, /^https?:$/);
    },
  );

  const sender = {
    servertype: 'sender',
    senderid: 'a',
    senderdomain: 'http://127.0.0.1',
    cdnurl: 'http://127.0.0.1/dcp',
  };
  fuzzJson(
    'BC-41 a configuration',
    [
      JSON.stringify(
        { ...sender, obssk: 'secret', apitoken: 'secret', originlisten: '127.0.0.1:80', btpeers: 50 },
        null,
        2,
      ),
      JSON.stringify({ servertype: 'receiver', prior: 'priortime', apilisten: '[::1]:8080' }),
    ],
    ['CONFIG_INVALID'],
    text => {
      const config = parseConfig(text.toString(), '/etc/x');
      assert.ok(Object.isFrozen(config));
      for (const [key, value] of Object.entries(config))
        assert.ok(typeof value !== 'number' || Number.isFinite(value), key);
      const shown = redact(config);
      for (const key of SECRET_KEYS) assert.ok(shown[key] === '' || shown[key] === '***', key);
    },
  );

  fuzzJson(
    'hostile input 9: a call of the API',
    [
      '{"message_id":"1","message_type":"request","method_name":"send","method_params":{"taskfile":"/战狼"}}',
      '{"message_id":12345678901234567890,"method_name":"recv"}',
    ],
    ['BODY_NOT_JSON'],
    bytes => {
      const request = readEnvelope(bytes);
      assert.equal(typeof request.method, 'string');
      const { params } = request;
      assert.ok(params === undefined || (typeof params === 'object' && params !== null && !Array.isArray(params)));
      const answer = JSON.parse(JSON.stringify(writeEnvelope(request, { ok: true, content: {} }))) as Record<
        string,
        unknown
      >;
      assert.ok(['string', 'number', 'boolean'].includes(typeof answer.request_message_id));
    },
  );
});
