import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { METHODS } from '../../src/core/method.ts';
import { formatBytes, formatLocalTime } from '../../src/core/units.ts';
import { assertSameTree, writePackage } from '../e2e/packages.ts';
import { WireSite } from './site.ts';

const MINUTE = 60_000;
const WINDOWS = 3;
const GRACE_MS = 2000;
const SAMPLE_MS = 200;
/** Bytes per second of a method: its share, three reels, takes two and a half windows. */
const RATE = '1M';
const MIB = 1024 ** 2;
const REELS = Object.fromEntries(Array.from({ length: 9 }, (_, reel) => [`reel-${reel}.mxf`, 50 * MIB]));
/** Until the first window the package is made, sent and received. */
const AHEAD_MS = 130_000;
/** A sender keeps its connections to the bucket for a minute after an upload. */
const QUIET_MS = 65_000;

interface Sample {
  readonly at: number;
  readonly bytes: Readonly<Record<string, number>>;
}

/** Three windows of a minute, two minutes apart: outside of them nothing is on the wire of any method, and the package completes over all of them. */
export async function windows(): Promise<void> {
  const first = Math.ceil((Date.now() + AHEAD_MS) / MINUTE) * MINUTE;
  const openings = Array.from({ length: WINDOWS }, (_, index) => first + index * 2 * MINUTE);
  const clock = (at: number) => formatLocalTime(at).slice(11, 16);
  const timetable = openings.map(at => `${clock(at)}-${clock(at + MINUTE)} ${RATE}`).join('; ');
  console.log(`  windows ${timetable}, nine reels of 50 MiB`);
  const site = await WireSite.open({ btwindows: timetable, obswindows: timetable, cdnwindows: timetable });
  try {
    const { fleet, receiver } = site;
    await writePackage(fleet.packagePath('film'), REELS);
    await fleet.publish('film', '1:1:1', { policy: 'priortime' });
    await fleet.recv(receiver, 'film');
    await fleet.progress(receiver, 'film');
    await site.wire.quiet(QUIET_MS);
    assert.ok(Date.now() < first, 'the package was not ready before the first window');
    const samples = await watch(site, first + WINDOWS * 2 * MINUTE);
    check(samples, openings);
    assert.equal((await fleet.downloaded(receiver, 'film')).downerror, '');
    await assertSameTree(join(receiver.root, 'dcp', 'film'), fleet.packagePath('film'));
  } finally {
    await site.close();
  }
}

async function watch({ wire }: WireSite, end: number): Promise<Sample[]> {
  const samples: Sample[] = [];
  while (Date.now() < end) {
    const bytes = await wire.read();
    samples.push({ at: Date.now(), bytes });
    await delay(SAMPLE_MS);
  }
  return samples;
}

/** What passed between two readings. */
interface Step {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

function stepsOf(samples: readonly Sample[], method: string): Step[] {
  return samples.slice(1).map(({ at, bytes }, index) => {
    const before = samples[index];
    return { from: before?.at ?? at, to: at, bytes: (bytes[method] ?? 0) - (before?.bytes[method] ?? 0) };
  });
}

function check(samples: readonly Sample[], openings: readonly number[]): void {
  const isIn = (opens: number) => (step: Step) => step.to >= opens && step.from <= opens + MINUTE + GRACE_MS;
  for (const method of METHODS) {
    const steps = stepsOf(samples, method);
    const inside = openings.map(opens => sum(steps.filter(isIn(opens))));
    const outside = steps.filter(step => step.bytes > 0 && !openings.some(opens => isIn(opens)(step)));
    console.log(`  ${method}: ${inside.map(formatBytes).join(' + ')} inside, ${sum(outside)} bytes outside`);
    const told = outside.map(({ to, bytes }) => `${bytes} at ${formatLocalTime(to)}`);
    assert.deepEqual(told, [], `${method} moved outside its windows`);
    assert.ok(
      inside.every(bytes => bytes > 0),
      `${method} did not move in each window`,
    );
  }
}

const sum = (steps: readonly Step[]) => steps.reduce((all, { bytes }) => all + bytes, 0);
