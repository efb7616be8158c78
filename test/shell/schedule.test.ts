import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TestFleet } from '../e2e/nodes.ts';
import { nodeEnv, script, SHELL, runToEnd } from './scripts.ts';

describe('the schedule tests', () => {
  it('say what they would do', async () => {
    const env = { BFT2_CONFIG: '/nowhere', BFT2_DCP: '/nowhere', BFT2_BIG: '7' };
    const sent = await script('testapi-schedule-send', ['-n', '1', '3'], env);
    assert.equal(sent.code, 0, sent.err);
    const [head, ...steps] = sent.out.trimEnd().split('\n');
    assert.match(head ?? '', /^== window ([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/);
    assert.deepEqual(steps, [
      '== schedule1: 1:0:0 priortime, 3 MB',
      '== schedule2: 1:1:1 priortime, 3 MB',
      '== schedule3: 1:0:1 priortime, 3 MB',
      '== schedule4: 0:1:1 priortime, 3 MB',
      '== schedule5: 0:0:1 priortime, 3 MB',
      '== schedulebig: 1:1:1 priortime, 7 MB',
      '== testapi-schedule-send: all sent',
    ]);
    const received = await script('testapi-schedule-recv', ['-n'], env);
    assert.deepEqual([received.code, received.out.split('\n').length], [0, 4]);
    assert.equal((await script('testapi-schedule-recv', [], env)).code, 2);
  });

  it('plan whole minutes, also past midnight', async () => {
    const line = `. ${join(SHELL, 'functions-schedule.sh')}; date() { case $1 in +%s) echo "$NOW" ;; *) command date "$@" ;; esac; }; plan 3 2`;
    const plan = async (now: string) => (await runToEnd('bash', ['-c', line, 'bash'], { TZ: 'UTC', NOW: now })).out;
    assert.equal(await plan('1700000059'), '== window 22:17-22:19\n');
    assert.equal(await plan(String(Date.UTC(2023, 10, 14, 23, 55, 59) / 1000)), '== window 23:58-00:00\n');
  });

  it('give a running sender their window through its configuration, and give the old one back', async () => {
    const fleet = await TestFleet.create({ bttime: '01:00-02:00' });
    try {
      await fleet.sender.start();
      const config = join(fleet.sender.root, 'config.json');
      const before = await readFile(config, 'utf8');
      await mkdir(join(fleet.sender.root, 'dcp'), { recursive: true });
      const line = `. ${join(SHELL, 'functions-schedule.sh')}; set_window 03:00-04:00; cat "$BFT2_CONFIG"; echo`;
      const env = { ...nodeEnv(fleet.sender), BFT2_CONFIG: config };
      const { code, out, err } = await runToEnd('bash', ['-c', line, 'bash'], env);
      assert.equal(code, 0, err);
      const changed = JSON.parse(out.split('\n')[0] ?? '') as Record<string, string>;
      const { bttime, obstime, cdntime } = changed;
      assert.deepEqual([bttime, obstime, cdntime], Array(3).fill('03:00-04:00'));
      assert.equal(await readFile(config, 'utf8'), before);
      await writeFile(config, '{');
      assert.notEqual((await runToEnd('bash', ['-c', line, 'bash'], env)).code, 0);
      assert.equal(await readFile(config, 'utf8'), '{');
    } finally {
      await fleet.close();
    }
  });
});
