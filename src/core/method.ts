/** The three ways a package travels (BN-001), in the order of the ratio `bt-obs-cdn`. */
export const METHODS = ['bt', 'obs', 'cdn'] as const;
export type Method = (typeof METHODS)[number];

/** Where a file of a received package came from: a method, or this node's own storage (avoid repeat). */
export const SOURCES = [...METHODS, 'local'] as const;
export type Source = (typeof SOURCES)[number];
