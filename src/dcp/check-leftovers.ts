import type { CheckedLists } from './check-lists.ts';
import type { CheckedMap } from './check-map.ts';
import type { Inspection } from './inspection.ts';
import { MAP_NAMES, VOLUME_NAME } from './standards.ts';

/** What lies in the package and belongs to nothing. Stray files broke playback on real servers. */
export function checkLeftovers(
  { files, findings }: Inspection,
  { paths, lists: listIds }: CheckedMap,
  { assets, isWhole }: CheckedLists,
  emptyDirectories: readonly string[],
): void {
  const known = new Set([...paths.values(), ...MAP_NAMES, ...Object.values(VOLUME_NAME)]);
  for (const file of files.keys()) {
    if (known.has(file)) continue;
    const isHidden = file.split('/').some(segment => segment.startsWith('.'));
    if (isHidden) findings.add('FILE_HIDDEN', file, `${file} is hidden, and the map does not have it`);
    else findings.add('FILE_UNMAPPED', file, `the map does not have ${file}`);
  }
  for (const directory of emptyDirectories) findings.add('DIRECTORY_EMPTY', directory, `${directory} is empty`);
  if (!isWhole) return;
  const listed = new Set([...assets.map(({ id }) => id), ...listIds]);
  for (const [id, path] of paths) {
    if (listed.has(id)) continue;
    findings.add(
      'ASSET_UNLISTED',
      path ?? '',
      `the map has ${path ?? id}; no packing list has it, so nothing has its hash`,
    );
  }
}
