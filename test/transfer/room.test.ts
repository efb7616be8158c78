import assert from 'node:assert/strict';
import { statfsSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { silentLog } from '../../src/core/log.ts';
import { Ledger } from '../../src/transfer/ledger.ts';
import { Room } from '../../src/transfer/room.ts';
import { SteppedClock } from '../stepped-clock.ts';
import { temporaryDirectory } from '../temporary-directory.ts';
import { type Delivered, packageFor, stage } from './delivered-package.ts';

const MIB = 1024 * 1024;
const never = new AbortController().signal;

describe('transfer: room on the disk', () => {
  const at = temporaryDirectory();
  let clock: SteppedClock;
  let delivered: Delivered;
  let ledger: Ledger;
  let room: Room;
  /** Bytes that the task would have beyond the reserve. */
  let spare: number;
  let isChecked: boolean;
  beforeEach(async () => {
    clock = new SteppedClock(0);
    delivered = await packageFor(at(), { a: Buffer.alloc(8 * MIB), b: Buffer.alloc(8 * MIB) });
    ledger = await Ledger.open(at('ledger'), clock, delivered.item.ledgerFiles);
    [spare, isChecked] = [0, true];
    room = new Room({ clock, log: silentLog }, () => ({ path: at(), isChecked, reserve: free() - spare }));
  });
  /** Others write to this disk, too. */
  const free = () => {
    const { bavail, bsize } = statfsSync(at());
    return bavail * bsize;
  };
  const during = (signal = never) => {
    let started = false;
    const ended = room.during(delivered.item, ['a', 'b'], ledger, signal, async () => {
      started = true;
    });
    return { ended, hasStarted: () => started };
  };
  const look = async () => {
    for (let turns = 0; turns < 50; turns++) await turn();
    await new Promise(resolve => setTimeout(resolve, 20));
    await clock.advance(30_000);
  };

  it('a task waits until there is room for it, says so, and goes on by itself', async () => {
    const { ended, hasStarted } = during();
    while (!ledger.trouble) await look();
    assert.equal(hasStarted(), false);
    assert.equal(ledger.trouble.code, 'DISK_FULL');
    assert.match(ledger.trouble.message, /pkg\.task\.json needs 16\.0 MiB; .* free .*: it waits for room/);
    spare = 1024 * MIB;
    while (!hasStarted()) await look();
    await ended;
    assert.equal(ledger.trouble, undefined);
  });

  it('needs room only for what it lacks', async () => {
    spare = 12 * MIB;
    await stage(delivered);
    ledger.finish('a', 'bt');
    const { ended, hasStarted } = during();
    while (!hasStarted()) await look();
    await ended;
  });

  it('leaves to running tasks what they have to write', async () => {
    spare = 1024 * MIB;
    const other = await packageFor(at('other'), { big: Buffer.alloc(MIB) });
    Object.assign(other.item.task.filelist[0] ?? {}, { size: 2048 * MIB });
    const item = other.item.withTask(other.item.task);
    const otherLedger = await Ledger.open(at('other', 'ledger'), clock, item.ledgerFiles);
    const { promise, resolve } = Promise.withResolvers<void>();
    isChecked = false;
    const running = room.during(item, ['big'], otherLedger, never, () => promise);
    await look();
    isChecked = true;
    const { ended, hasStarted } = during();
    while (!ledger.trouble) await look();
    assert.match(ledger.trouble.message, /2\.00 GiB are for other tasks/);
    resolve();
    await running;
    while (!hasStarted()) await look();
    await ended;
  });

  it('is not looked at when nobody wants it, and ends with its signal', async () => {
    const stopping = new AbortController();
    const waiting = during(stopping.signal);
    await look();
    stopping.abort(new Error('cancelled'));
    await assert.rejects(waiting.ended, /cancelled/);
    isChecked = false;
    await during().ended;
  });
});
