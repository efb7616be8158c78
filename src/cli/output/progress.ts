import { shown } from './shown.ts';

/** Between two lines where nothing can be redrawn, ms: logs stay readable. */
const LINE_MS = 30_000;

/** How far something is: redrawn on a terminal, else a line now and then. */
export interface Progress {
  /** `lines` for a terminal, `sentence` for a log. */
  show(lines: readonly string[], sentence: string): void;
  /** Leaves the terminal as it was found; the last picture stays. */
  close(): void;
}

export async function progressOn(stream: NodeJS.WriteStream): Promise<Progress> {
  // A serial console may have no size.
  const isDrawable = stream.isTTY && stream.rows > 1 && process.env.TERM !== 'dumb';
  return isDrawable ? await redrawn(stream) : linesOn(stream);
}

async function redrawn(stream: NodeJS.WriteStream): Promise<Progress> {
  const { createLogUpdate } = await import('log-update');
  const update = createLogUpdate(stream);
  return {
    // What does not fit is left out at the end: the beginning says what needs attention.
    show: lines => update(fitting(lines.map(shown), stream.rows - 1, stream.columns).join('\n')),
    close: () => update.done(),
  };
}

/** Those at the beginning that have room, long ones taking several rows. */
export function fitting(lines: readonly string[], rows: number, columns: number): string[] {
  let left = rows;
  const end = lines.findIndex(line => (left -= Math.max(1, Math.ceil(widthOf(line) / columns))) < 0);
  return end < 0 ? [...lines] : lines.slice(0, end);
}

/** Characters that take two columns; those of two code units count so anyway. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g;
const widthOf = (text: string): number => text.length + (text.match(WIDE)?.length ?? 0);

export function linesOn(stream: NodeJS.WritableStream, now = () => performance.now()): Progress {
  let said = -Infinity;
  let unsaid: string | undefined;
  const say = (sentence: string) => stream.write(`${shown(sentence)}\n`);
  return {
    show(_, sentence) {
      unsaid = sentence;
      if (now() - said < LINE_MS) return;
      said = now();
      unsaid = undefined;
      say(sentence);
    },
    // How it ended is what a log is read for.
    close() {
      if (unsaid !== undefined) say(unsaid);
      unsaid = undefined;
    },
  };
}
