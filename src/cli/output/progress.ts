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
  return stream.isTTY && process.env.TERM !== 'dumb' ? await redrawn(stream) : linesOn(stream);
}

async function redrawn(stream: NodeJS.WriteStream): Promise<Progress> {
  const { createLogUpdate } = await import('log-update');
  const update = createLogUpdate(stream);
  return { show: lines => update(lines.map(shown).join('\n')), close: () => update.done() };
}

export function linesOn(stream: NodeJS.WritableStream, now = () => performance.now()): Progress {
  let said = -Infinity;
  return {
    show(_, sentence) {
      if (now() - said < LINE_MS) return;
      said = now();
      stream.write(`${shown(sentence)}\n`);
    },
    close() {},
  };
}
