import assert from 'node:assert/strict';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestFleet } from '../e2e/nodes.ts';
import { assertSameTree, MIXED, writePackage } from '../e2e/packages.ts';

/** Verified bytes that each method brought. */
export type Brought = Readonly<Record<'bt' | 'obs' | 'cdn', { readonly bytes: number }>>;

const NAME = 'film';
export const FILM_SIZE = Object.values(MIXED).reduce((sum, bytes) => sum + bytes, 0);

/** The sender, which is started, sends the film. */
export async function publishFilm(fleet: TestFleet, ratio: string): Promise<void> {
  await Promise.all([fleet.startObs(), fleet.sender.start()]);
  await writePackage(fleet.packagePath(NAME), MIXED);
  await fleet.publish(NAME, ratio);
}

/** A new receiver receives it whole. */
export async function receiveFilm(fleet: TestFleet, receiver: string): Promise<Brought> {
  const node = await fleet.node(receiver, 'receiver', { receiverstoreplan: 'A' });
  await fleet.recv(node, NAME);
  const { methods } = await fleet.downloaded(node, NAME);
  const stored = join(node.root, 'dcp', NAME);
  await assertSameTree(stored, fleet.packagePath(NAME));
  await access(`${stored}.finished`);
  return methods as Brought;
}

/** Every method brought a part, and all of them together the film. */
export function assertAllBrought({ bt, obs, cdn }: Brought): void {
  for (const { bytes } of [bt, obs, cdn]) assert.ok(bytes > 0);
  assert.equal(bt.bytes + obs.bytes + cdn.bytes, FILM_SIZE);
}
