import { formatBytes } from '../core/units.ts';
import type { CheckProgress } from '../dcp/check-contents.ts';
import { shown } from '../dcp/findings.ts';

/** Between two lines for a log, and between two states of the line on a terminal, ms. */
const LINE_MS = 30_000;
const DRAW_MS = 250;

/** Says how far a check is: on a terminal in a line that changes, elsewhere in a line now and then. */
export class ProgressLine {
  readonly #out: NodeJS.WriteStream;
  #at = performance.now();
  #isDrawn = false;

  constructor(out: NodeJS.WriteStream) {
    this.#out = out;
  }

  readonly show = ({ bytes, total, file }: CheckProgress): void => {
    const now = performance.now();
    if (now - this.#at < (this.#out.isTTY ? DRAW_MS : LINE_MS)) return;
    this.#at = now;
    const percent = total === 0 ? 100 : Math.floor((bytes / total) * 100);
    const text = `${percent}% of ${formatBytes(total)}  ${shown(file)}`;
    this.#out.write(this.#out.isTTY ? `\r\u001b[K${text.slice(0, this.#out.columns - 1)}` : `${text}\n`);
    this.#isDrawn = true;
  };

  end(): void {
    if (this.#isDrawn && this.#out.isTTY) this.#out.write('\r\u001b[K');
  }
}
