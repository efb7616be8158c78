import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import type { Torrent } from 'webtorrent';
import { Bitfield } from '../../../src/transports/bt/bitfield.ts';
import { Picker } from '../../../src/transports/bt/engine/picker.ts';
import { Stalls } from '../../../src/transports/bt/engine/stalls.ts';
import { Suggestions } from '../../../src/transports/bt/engine/suggestions.ts';

/** As much of webtorrent's torrent as the picker touches. */
class FakeTorrent extends EventEmitter {
  readonly pieces: readonly null[];
  readonly bitfield: Bitfield;
  readonly wires: FakeWire[] = [];
  readonly selected: number[] = [];
  destroyed = false;
  done = false;

  constructor(length: number) {
    super();
    this.pieces = Array<null>(length).fill(null);
    this.bitfield = new Bitfield(length);
  }

  select(start: number, end: number): void {
    assert.equal(start, end);
    this.selected.push(start);
  }

  _updateSelections(): void {
    this.emit('updated');
  }

  verify(index: number): void {
    this.bitfield.set(index);
    this.emit('verified', index);
  }

  connect(has: (index: number) => boolean, peerChoking = false): FakeWire {
    const wire = new FakeWire(has, peerChoking);
    this.wires.push(wire);
    this.emit('wire', wire);
    return wire;
  }
}

class FakeWire extends EventEmitter {
  readonly peerPieces: { get(index: number): boolean };
  peerChoking: boolean;
  /** Enough of them that it does not run dry. */
  readonly requests = [1, 2, 3];

  constructor(has: (index: number) => boolean, peerChoking: boolean) {
    super();
    this.peerChoking = peerChoking;
    this.peerPieces = { get: has };
  }
}

const MIB = 1024 * 1024;

function pickerOf(fake: FakeTorrent, pieceLength = 4 * MIB, unwanted = new Bitfield(fake.pieces.length)): Picker {
  const torrent = fake as unknown as Torrent;
  const suggestions = new Suggestions(torrent, unwanted);
  return new Picker({ torrent, suggestions, stalls: new Stalls(torrent) }, pieceLength, unwanted);
}

describe('Picker', () => {
  it('selects a window of random pieces and refills it until nothing is missing', async () => {
    const torrent = new FakeTorrent(100);
    const picker = pickerOf(torrent);
    torrent.connect(() => true);
    await once(torrent, 'updated');
    assert.equal(torrent.selected.length, 24);
    assert.notDeepEqual(
      torrent.selected,
      [...torrent.selected].sort((a, b) => a - b),
    );
    while (torrent.selected.length < 100) {
      for (const index of torrent.selected) if (!torrent.bitfield.get(index)) torrent.verify(index);
      await once(torrent, 'updated');
    }
    assert.equal(new Set(torrent.selected).size, 100);
    picker.stop();
  });

  it('never selects what is not wanted, whatever peers suggest', async () => {
    const torrent = new FakeTorrent(30);
    const unwanted = new Bitfield(30);
    for (const index of [0, 7, 29]) unwanted.set(index);
    const picker = pickerOf(torrent, 4 * MIB, unwanted);
    torrent.connect(() => true);
    const [wire] = torrent.wires;
    wire?.emit('suggest', 7);
    await once(torrent, 'updated');
    while (torrent.selected.length < 27) {
      for (const index of torrent.selected) if (!torrent.bitfield.get(index)) torrent.verify(index);
      await once(torrent, 'updated');
    }
    assert.deepEqual(
      torrent.selected.filter(index => unwanted.get(index)),
      [],
    );
    picker.stop();
  });

  it('prefers what few peers have', async () => {
    const torrent = new FakeTorrent(200);
    const picker = pickerOf(torrent);
    torrent.connect(() => true);
    torrent.connect(index => index < 170);
    torrent.connect(index => index < 170);
    await once(torrent, 'updated');
    assert(torrent.selected.every(index => index >= 170));
    picker.stop();
  });

  it('does not select what nobody has, and is not held up by what left with its peer', async () => {
    const torrent = new FakeTorrent(100);
    const picker = pickerOf(torrent);
    torrent.connect(index => index < 30);
    await once(torrent, 'updated');
    assert(torrent.selected.every(index => index < 30));
    const [gone] = torrent.wires.splice(0, 1);
    torrent.connect(index => index >= 30);
    gone?.emit('close');
    await once(torrent, 'updated');
    assert.equal(torrent.selected.filter(index => index >= 30).length, 24);
    picker.stop();
  });

  it('does not fill its window with rare pieces of a peer that chokes us', async () => {
    const torrent = new FakeTorrent(1000);
    const picker = pickerOf(torrent);
    torrent.connect(index => index < 500, true);
    for (let peer = 0; peer < 3; peer++) torrent.connect(index => index >= 500);
    await once(torrent, 'updated');
    assert.equal(torrent.selected.filter(index => index >= 500).length, 24);
    picker.stop();
  });

  it('refills it when the peer that has its pieces begins to choke', async () => {
    const torrent = new FakeTorrent(100);
    const picker = pickerOf(torrent);
    const fickle = torrent.connect(index => index < 50);
    await once(torrent, 'updated');
    fickle.peerChoking = true;
    fickle.emit('choke');
    torrent.connect(index => index >= 50);
    await once(torrent, 'updated');
    assert.equal(torrent.selected.filter(index => index >= 50).length, 24);
    picker.stop();
  });

  it('selects one window, not more, while every peer chokes us', async () => {
    const torrent = new FakeTorrent(100);
    const picker = pickerOf(torrent);
    torrent.connect(() => true, true);
    await once(torrent, 'updated');
    assert.equal(torrent.selected.length, 24);
    // Of what is selected already it would bring nothing new, and nothing would happen.
    const others = [...torrent.pieces.keys()].filter(index => !torrent.selected.includes(index)).slice(0, 2);
    torrent.connect(index => others.includes(index));
    await once(torrent, 'updated');
    assert.deepEqual(new Set(torrent.selected.slice(24)), new Set(others));
    picker.stop();
  });

  it('has a wider window for many small pieces', async () => {
    const torrent = new FakeTorrent(1000);
    const picker = pickerOf(torrent, 64 * 1024);
    torrent.connect(() => true);
    await once(torrent, 'updated');
    assert.equal(torrent.selected.length, 125);
    picker.stop();
  });

  it('takes what a seed suggests at once, and asks it for nothing else as long as there is some', async () => {
    const torrent = new FakeTorrent(100);
    const picker = pickerOf(torrent);
    torrent.connect(() => true);
    torrent.connect(index => index >= 90);
    const [seed] = torrent.wires;
    seed?.emit('suggest', 7);
    seed?.emit('suggest', 8);
    seed?.emit('suggest', 100);
    assert.deepEqual(torrent.selected, [7, 8]);
    await once(torrent, 'updated');
    assert(torrent.selected.slice(2).every(index => index >= 90));
    torrent.verify(7);
    torrent.verify(8);
    await once(torrent, 'updated');
    assert(torrent.selected.some(index => index < 90 && index > 8));
    picker.stop();
  });
});
