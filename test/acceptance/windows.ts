import assert from 'node:assert/strict';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { METHODS } from '../../src/core/method.ts';
import { formatBytes, formatLocalTime } from '../../src/core/units.ts';
import { shapeFiles } from '../bench/shapes.ts';
import { assertSameTree, writePackage } from '../e2e/packages.ts';
import { WireSite } from './site.ts';

const MINUTE = 60_000;
const WINDOWS = 3;
const GRACE_MS = 2000;
const SAMPLE_MS = 200;
/** Bytes per second of a method: its share takes more than two windows. */
const RATE = '1M';
const SIZE = 3 * 150 * 1024 ** 2;
/** Until the first window the package is made, sent and received. */
const AHEAD_MS = 90_000;

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
  console.log(`  windows ${timetable}, ${formatBytes(SIZE)}`);
  const site = await WireSite.open({ btwindows: timetable, obswindows: timetable, cdnwindows: timetable });
  try {
    const { fleet, receiver } = site;
    await writePackage(fleet.packagePath('film'), shapeFiles('six-reel', SIZE, 0));
    await fleet.publish('film', '1:1:1', { policy: 'priortime' });
    await fleet.recv(receiver, 'film');
    await fleet.progress(receiver, 'film');
    await delay(GRACE_MS);
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
    samples.push({ at: Date.now(), bytes: await wire.read() });
    await delay(SAMPLE_MS);
  }
  return samples;
}

/** A count may be as old as the reading of it took: the next sample's time stands for its end. */
function check(samples: readonly Sample[], openings: readonly number[]): void {
  const isOpen = (from: number, to: number) => openings.some(opens => to >= opens && from <= opens + MINUTE + GRACE_MS);
  for (const method of METHODS) {
    const moved = (which: (from: number, to: number) => boolean) =>
      samples.slice(2).reduce((sum, { at, bytes }, index) => {
        const [before, last] = [samples[index], samples[index + 1]];
        if (!before || !last || !which(before.at, at)) return sum;
        return sum + (bytes[method] ?? 0) - (last.bytes[method] ?? 0);
      }, 0);
    const inside = openings.map(opens => moved((from, to) => to >= opens && from <= opens + MINUTE + GRACE_MS));
    const outside = moved((from, to) => !isOpen(from, to));
    console.log(`  ${method}: ${inside.map(formatBytes).join(' + ')} inside, ${outside} bytes outside`);
    assert.equal(outside, 0, `${method} moved outside its windows`);
    assert.ok(
      inside.every(bytes => bytes > 0),
      `${method} did not move in each window`,
    );
  }
}
