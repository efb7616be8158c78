import { BftError } from '../../core/errors.ts';
import type { Call } from '../call.ts';
import { atNode } from '../node/at-node.ts';
import { protocol } from '../node/protocol.ts';
import { taskNamed } from '../node/tasks.ts';
import { limitOf } from '../output/figures.ts';

const POWERS = ['', 'K', 'M', 'G'];

/** Limits of one task. What is not given goes back to what the configuration says, as the method has it (BX-06). */
export async function limits(call: Call): Promise<number> {
  const [down, up] = [rateIn(call, 'down'), rateIn(call, 'up')];
  const node = await atNode(call);
  const taskfile = await taskNamed(node, call, call.args[0] ?? '');
  const params = {
    taskfile,
    ...(down === undefined ? {} : { downlimit: down }),
    ...(up === undefined ? {} : { uplimit: up }),
  };
  return await protocol(call, node, 'limits', params, ({ downlimit, uplimit }) => {
    return `down ${limitOf(Number(downlimit))}, up ${limitOf(Number(uplimit))}  ${taskfile}`;
  });
}

/** Bytes per second: `2M`, `500K`, `0` for none; binary units. Throws USAGE. */
function rateIn(call: Pick<Call, 'text'>, option: string): number | undefined {
  const text = call.text(option);
  if (text === undefined || text === 'default') return undefined;
  const [whole, number = '', unit = ''] = /^(\d{1,12}(?:\.\d{1,3})?)([KMG]?)$/i.exec(text) ?? [];
  const rate = Math.round(Number(number) * 1024 ** POWERS.indexOf(unit.toUpperCase()));
  if (whole !== undefined && Number.isSafeInteger(rate)) return rate;
  throw new BftError(
    'USAGE',
    `--${option} wants bytes per second such as 2M or 500K, 0 for no limit, or default: not ${text}`,
  );
}
