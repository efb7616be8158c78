import { join } from 'node:path';
import { formatBytes } from '../core/units.ts';
import { exists } from '../disk/exists.ts';
import type { DemoNode } from './node/node.ts';
import type { SentPackage } from './package.ts';
import { compareTree, type SourceTree } from './tree/compare.ts';
import { hashFiles } from './tree/hash.ts';
import type { View } from './view/view.ts';

/** Reads the source and every receiver's package again. Returns each receiver's differences; none when it has the source. */
export async function verify(
  sent: SentPackage,
  receivers: readonly DemoNode[],
  view: View,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly string[]>> {
  view.stage(`Checking: reading the source and ${receivers.length} × ${formatBytes(sent.bytes)} again`);
  const source = { files: sent.files, hashes: await hashFiles(sent.original, sent.files, signal) };
  const differences = new Map<string, readonly string[]>();
  for (const { name, place } of receivers) {
    view.progress([`  ${name}`], name);
    differences.set(name, await checkReceiver(source, join(place.storage, sent.name), signal));
  }
  return differences;
}

async function checkReceiver(source: SourceTree, path: string, signal: AbortSignal): Promise<string[]> {
  const [arrived, mark] = await Promise.all([exists(path), exists(`${path}.finished`)]);
  if (!arrived) return ['the package is not in the storage'];
  const differences = await compareTree(source, path, signal);
  return mark ? differences : [...differences, 'the mark .finished is missing'];
}
