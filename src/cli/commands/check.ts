import { BftError } from '../../core/errors.ts';
import type { Call } from '../call.ts';
import { checkPackage, isComplete, verdictLine } from '../check.ts';
import { EXIT } from '../exit-codes.ts';
import { tellFailure } from '../failure.ts';
import { note, print } from '../output/print.ts';

/**
 * Checks a DCP: DIR. Holds a package against its torrent (BF-22): --torrent FILE DIR; or FILE DIR, which ends with 0, 1 and 2 only, as scripts
 * know it.
 */
export async function check(call: Call): Promise<number> {
  const torrent = call.text('torrent');
  const [first, second, ...more] = call.args;
  if (torrent !== undefined && first && second === undefined) return await held(call, torrent, first);
  if (torrent === undefined && first && second === undefined) return await checkedDcp(call, first);
  if (torrent !== undefined || !first || !second || more.length > 0)
    throw new BftError('USAGE', 'check wants a directory, or a torrent and a directory');
  const isRight = (await held(call, first, second).catch(oldFailure(call))) === EXIT.ok;
  return isRight ? EXIT.ok : EXIT.other;
}

async function checkedDcp(call: Call, directory: string): Promise<number> {
  const { checkDcpCommand } = await import('../check-dcp.ts');
  const flags = ['json', 'no-hash'].filter(call.flag).map(flag => `--${flag}`);
  return await checkDcpCommand([...flags, '--', directory]);
}

async function held(call: Call, torrent: string, directory: string): Promise<number> {
  const verdict = await checkPackage(torrent, directory);
  for (const fault of verdict.faults) note(fault);
  print(call, { ...verdict, complete: isComplete(verdict) }, () => verdictLine(verdict));
  return isComplete(verdict) ? EXIT.ok : EXIT.verification;
}

const oldFailure = (call: Call) => (error: unknown) => tellFailure(error, { usage: '', json: call.flag('json') });
