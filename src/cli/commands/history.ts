import { BftError } from '../../core/errors.ts';
import { formatBytes } from '../../core/units.ts';
import type { HistoryPage } from '../../api/rest/shapes.ts';
import type { Call } from '../call.ts';
import { atNode } from '../node/at-node.ts';
import { directionOf } from '../node/tasks.ts';
import { columns } from '../output/columns.ts';
import { note, print } from '../output/print.ts';

/** Ended tasks, the latest first; all of them with --csv. */
export async function history(call: Call): Promise<void> {
  const limit = Number(call.text('limit'));
  if (!Number.isInteger(limit) || limit < 1) throw new BftError('USAGE', '--limit wants a whole number above 0');
  const node = await atNode(call);
  if (call.flag('csv')) return await node.pipe('/api/v1/history.csv', process.stdout);
  const query = { limit, before: call.text('before'), ...directionOf(call) };
  const page = await node.get<HistoryPage>('/api/v1/history', query);
  print(call, page, () => table(page));
  if (page.next !== null) note(`more: --before ${page.next}`);
}

function table({ entries }: HistoryPage): string {
  const rows = entries.map(entry => [
    entry.finished ?? '-',
    ...[entry.size, entry.local, entry.bt, entry.obs, entry.cdn, entry.wasted].map(formatBytes),
    entry.verified || '-',
    entry.direction === 'sent' ? 'out' : 'in',
    entry.package,
  ]);
  const head = ['FINISHED', 'SIZE', 'LOCAL', 'BT', 'OBS', 'CDN', 'WASTED', 'VERIFIED', 'WAY', 'PACKAGE'];
  return columns(head, rows, [1, 2, 3, 4, 5, 6]);
}
