/** The methods of docs/API.md that are a POST of their own. */
export const METHODS_OF_PROTOCOL = [
  'gentask',
  'taskfilesquery',
  'send',
  'sends',
  'uploadprogress',
  'recv',
  'progress',
  'cprogress',
  'limits',
  'cancel',
] as const;

/** cprogress has the path of progress (BP-31). */
export const pathOf = (method: string): string => (method === 'cprogress' ? '/progress' : `/${method}`);
