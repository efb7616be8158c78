import { createLogUpdate } from 'log-update';
import type { View } from './view.ts';

/** Redraws the bars of the present stage below the lines that stay. */
export function terminalView(stream: NodeJS.WritableStream): View {
  const log = createLogUpdate(stream);
  return {
    stage(text) {
      log.clear();
      log.persist(text);
    },
    progress: lines => log(lines.join('\n')),
    close() {
      log.clear();
      log.done();
    },
  };
}
