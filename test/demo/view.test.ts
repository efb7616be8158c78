import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { barLines, flowSentence } from '../../src/demo/view/bars.ts';
import { plainView } from '../../src/demo/view/plain-view.ts';
import { terminalView } from '../../src/demo/view/terminal-view.ts';

const MIB = 1024 * 1024;
const FLOWS = {
  bt: { bytes: 50 * MIB, total: 100 * MIB, rate: 2 * MIB },
  obs: { bytes: 20 * MIB, total: 20 * MIB, rate: 0 },
  cdn: { bytes: 0, total: 0, rate: 0 },
};

describe('demo bars', () => {
  it('are one per method', () => {
    assert.deepEqual(barLines(FLOWS), [
      '  bt  ████████████░░░░░░░░░░░░  50.0 % of 100.0 MiB, 2.00 MiB/s',
      '  obs ████████████████████████ 100.0 % of 20.0 MiB',
      '  cdn ░░░░░░░░░░░░░░░░░░░░░░░░ no share',
    ]);
  });

  it('are a sentence in a log', () => {
    assert.equal(flowSentence(FLOWS), 'bt 50.0 % of 100.0 MiB, 2.00 MiB/s; obs 100.0 % of 20.0 MiB; cdn no share');
  });
});

describe('demo plain view', () => {
  it('writes every stage and a progress line every five seconds', () => {
    let now = 0;
    const lines: string[] = [];
    const view = plainView(line => lines.push(line), { monotonic: () => now });
    view.stage('Receiving');
    for (now = 0; now <= 11_000; now += 250) view.progress([], `at ${now}`);
    view.close();
    assert.deepEqual(lines, ['Receiving', '  at 5000', '  at 10000']);
  });
});

describe('demo terminal view', () => {
  it('keeps the stages and takes the bars away at the end', async () => {
    const stream = new PassThrough();
    const view = terminalView(stream);
    view.stage('Receiving');
    view.progress(barLines(FLOWS), '');
    view.stage('Checking');
    view.close();
    stream.end();
    const written = (await stream.toArray()).join('');
    assert.match(written, /Receiving[\s\S]*████[\s\S]*Checking/);
    assert.ok(!written.slice(written.lastIndexOf('Checking')).includes('█'));
  });
});
