import { writePackage } from '../e2e/packages.ts';

/** feature: one file of 99 %, one of 1 %; six-reel: six large and six small ones; both with a few XML. many: small files only. */
export const SHAPES = ['feature', 'six-reel', 'many'] as const;
export type Shape = (typeof SHAPES)[number];

const XML = { 'ASSETMAP.xml': 1453, 'VOLINDEX.xml': 155, 'CPL.xml': 20_011, 'PKL.xml': 3_002 };
const FILES_PER_DIRECTORY = 1000;

/** Sizes in bytes by path, about `size` together. */
export function shapeFiles(shape: Shape, size: number, files: number): Record<string, number> {
  switch (shape) {
    case 'feature':
      return { 'picture.mxf': Math.round(size * 0.99), 'sound.mxf': Math.round(size * 0.01), ...XML };
    case 'six-reel':
      return { ...reels('picture', (size * 0.9) / 6), ...reels('sound', (size * 0.1) / 6), ...XML };
    case 'many':
      return many(size, files);
  }
}

/** Unequal lengths, none of them a multiple of a piece. */
function reels(name: string, size: number): Record<string, number> {
  return Object.fromEntries(
    [1, 2, 3, 4, 5, 6].map(reel => [`${name}-${reel}.mxf`, Math.round(size * (0.86 + 0.04 * reel)) + reel]),
  );
}

function many(size: number, files: number): Record<string, number> {
  const each = Math.round(size / files);
  const path = (index: number) => `part-${Math.floor(index / FILES_PER_DIRECTORY)}/subtitle-${index}.png`;
  return Object.fromEntries(Array.from({ length: files }, (_, index) => [path(index), each + (index % 97)]));
}

/** Writes a package of that shape, of random bytes. */
export function writeShape(root: string, shape: Shape, size: number, files: number): Promise<void> {
  return writePackage(root, shapeFiles(shape, size, files));
}
