export const METHODS = ['bt', 'obs', 'cdn'] as const;
export type Method = (typeof METHODS)[number];
