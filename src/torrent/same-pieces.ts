import type { Row } from './hash-steps.ts';

/**
 * The pieces of a share of a package that consist of the very bytes of a piece of the whole package, both torrents having pieces of that
 * length: index in the share → index in the package. `spans`: where the share's files stand in the package, in order; `size`: the package's.
 */
export function samePieces(spans: Row['spans'], pieceLength: number, size: number): Map<number, number> {
  const same = new Map<number, number>();
  const total = spans.reduce((sum, { start, end }) => sum + end - start, 0);
  let offset = 0;
  for (const { start, end } of adjoined(spans)) {
    const shift = start - offset;
    offset += end - start;
    if (shift % pieceLength !== 0) continue;
    // The last piece of both torrents may be a short one.
    const isLast = end === size && offset === total;
    const after = isLast ? Math.ceil(offset / pieceLength) : Math.floor(offset / pieceLength);
    for (let piece = Math.ceil((start - shift) / pieceLength); piece < after; piece++) {
      same.set(piece, piece + shift / pieceLength);
    }
  }
  return same;
}

/** Files that follow each other in the package are one run of bytes in both. */
function adjoined(spans: Row['spans']): { start: number; end: number }[] {
  const runs: { start: number; end: number }[] = [];
  for (const { start, end } of spans) {
    const last = runs.at(-1);
    if (last?.end === start) last.end = end;
    else runs.push({ start, end });
  }
  return runs;
}
