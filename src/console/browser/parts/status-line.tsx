import type { TaskRow } from '../../../api/rest/shapes.ts';
import { clockOf, momentText } from '../moment.ts';
import { node } from '../state/tasks.ts';
import { causeText, nextText, words } from '../text/language.ts';

const SIGNS: Record<TaskRow['status'], string> = {
  failed: '✖',
  retrying: '↻',
  nosource: '▲',
  queued: '…',
  window: '◷',
  paused: '❙❙',
  making: '✎',
  transferring: '▶',
  verifying: '⟳',
  serving: '⇡',
  done: '✔',
};

function statusText({ status, direction }: TaskRow): string {
  const t = words.value;
  return status === 'done' && direction === 'sent' ? t.sentDone : t.status[status];
}

/** State, then cause, then next step. */
export function StatusLine({ task }: { task: TaskRow }) {
  const { cause, until, status, group } = task;
  const t = words.value;
  const when = group === 'attention' ? t.until.attention : status === 'window' ? t.until.window : t.until.other;
  const isSaid = until !== null && (cause?.desc.includes(clockOf(until)) ?? false);
  const at = until !== null && !isSaid && `${when} ${momentText(until, node.value?.now ?? '', t.locale)}`;
  return (
    <>
      <span class={`status ${group} ${status}`}>
        <b aria-hidden="true">{SIGNS[status]}</b>{' '}
        {[statusText(task), cause && causeText(cause), at].filter(Boolean).join(' · ')}
      </span>
      {cause && <span class="next">{nextText(cause)}</span>}
    </>
  );
}
