/** What the address bar says. */
export type Route =
  | { readonly page: 'tasks' | 'schedule' | 'nodes' | 'history' | 'settings' | 'unknown' }
  | { readonly page: 'task'; readonly direction: 'received' | 'sent'; readonly name: string };

const PAGES: Readonly<Record<string, Route>> = {
  '/': { page: 'tasks' },
  '/tasks': { page: 'tasks' },
  '/schedule': { page: 'schedule' },
  '/nodes': { page: 'nodes' },
  '/history': { page: 'history' },
  '/settings': { page: 'settings' },
};

export function routeOf(path: string): Route {
  const [, , direction, name, ...more] = path.split('/');
  const isTask = path.startsWith('/tasks/') && more.length === 0 && (direction === 'received' || direction === 'sent');
  const decoded = isTask && name ? decode(name) : undefined;
  if (isTask && decoded !== undefined) return { page: 'task', direction, name: decoded };
  return PAGES[path] ?? { page: 'unknown' };
}

/** `id`: `<direction>/<name>`. */
export function taskPath(id: string): string {
  const slash = id.indexOf('/');
  return `/tasks/${id.slice(0, slash)}/${encodeURIComponent(id.slice(slash + 1))}`;
}

/** Path of the API for a task, `''` or what is done to it. */
export const taskApi = ({ direction, name }: { direction: string; name: string }, what = ''): string =>
  `/api/v1/tasks/${encodeURIComponent(name)}${what && `/${what}`}?direction=${direction}`;

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
