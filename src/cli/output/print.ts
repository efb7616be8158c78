import type { Call } from '../call.ts';
import { jsonText, shown } from './shown.ts';

/** Data: the object with --json, else its text. */
export function print(call: Pick<Call, 'flag'>, value: unknown, text: () => string): void {
  const out = call.flag('json') ? jsonText(value) : shown(text());
  if (out !== '') process.stdout.write(out.endsWith('\n') ? out : `${out}\n`);
}

/** What is no data: goes beside it. */
export const note = (line: string): void => void process.stderr.write(`${shown(line)}\n`);
