import { METHODS, type Method } from '../core/method.ts';
import { parseRatio } from './ratio.ts';
import { LIST_KEY, type ListedFile, listSize, type TaskFile } from './task-file.ts';

/**
 * The task with the files that are here already taken out of the sender's lists (BR-41, BR-42): nothing is split anew, since bt can only be asked for
 * files of its torrent.
 */
export function takeOut(task: TaskFile, isHere: ReadonlySet<string>): TaskFile {
  const rest = (method: Method) => task[LIST_KEY[method]].filter(file => !isHere.has(file));
  const found = task.filelist.map(({ file }) => file).filter(file => isHere.has(file));
  const localsamefiles = [...new Set([...(task.localsamefiles ?? []), ...found])];
  return withSums({ ...task, localsamefiles, btlist: rest('bt'), obslist: rest('obs'), cdnlist: rest('cdn') });
}

/** The task with files put back among those that are to be fetched, because they are not here after all. `inTorrent`: what bt can bring. */
export function putBack(task: TaskFile, files: readonly string[], inTorrent: ReadonlySet<string>): TaskFile {
  const back = new Set(files);
  const localsamefiles = (task.localsamefiles ?? []).filter(file => !back.has(file));
  const { bt = [], obs = [], cdn = [] } = Object.groupBy(files, file => homeMethod(task, file, inTorrent));
  return withSums({
    ...task,
    localsamefiles,
    btlist: [...task.btlist, ...bt],
    obslist: [...task.obslist, ...obs],
    cdnlist: [...task.cdnlist, ...cdn],
  });
}

/**
 * The method that would bring a file that is here already. A torrent says what is bt's; of the others, cdn can bring everything, because it pulls from
 * the sender's own storage.
 */
export function homeMethod(task: TaskFile, file: string, inTorrent: ReadonlySet<string>): Method {
  if (inTorrent.has(file)) return 'bt';
  return parseRatio(task['bt-obs-cdn']).cdn > 0 ? 'cdn' : 'obs';
}

/** Of files with the same content all but the first; empty ones are not worth a look. */
export function repeatedFiles(files: readonly ListedFile[]): string[] {
  return contents(files).flatMap(([, ...repeats]) => repeats.map(({ file }) => file));
}

/** What is in `localsamefiles` because another file, which some method still brings, has the same content. */
export function awaitedFiles({ filelist, localsamefiles }: TaskFile): Set<string> {
  const local = new Set(localsamefiles);
  const coming = contents(filelist).filter(same => same.some(({ file }) => !local.has(file)));
  return new Set(coming.flatMap(same => same.map(({ file }) => file).filter(file => local.has(file))));
}

function contents(files: readonly ListedFile[]): ListedFile[][] {
  const worthy = files.filter(({ size }) => size > 0);
  return [...Map.groupBy(worthy, ({ hash, size }) => `${hash} ${size}`).values()];
}

function withSums(task: TaskFile): TaskFile {
  const sums = METHODS.map(method => [`${LIST_KEY[method]}size2`, listSize(task, LIST_KEY[method])] as const);
  return { ...task, ...Object.fromEntries(sums) };
}
