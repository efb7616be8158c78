import { signal } from '@preact/signals';
import type { TaskRow } from '../../../api/rest/shapes.ts';
import { words } from '../text/language.ts';

/** For screen readers; said once. */
export const announcement = signal('');

const CHATTER = 3;

export function announce(text: string): void {
  announcement.value = text;
}

/** Says which tasks came into another state; of many at once only how many. */
export function announceChanges(before: readonly TaskRow[], after: readonly TaskRow[]): void {
  const was = new Map(before.map(({ id, status }) => [id, status]));
  const changed = after.filter(({ id, status }) => was.has(id) && was.get(id) !== status);
  if (changed.length === 0) return;
  const { became, becameMany, status } = words.value;
  const each = changed.map(row => became(row.package, status[row.status]));
  announce(changed.length > CHATTER ? becameMany(changed.length) : each.join('. '));
}
