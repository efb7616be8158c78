import type { TaskDetail } from '../../../api/rest/shapes.ts';
import { momentText } from '../moment.ts';
import { node } from '../state/tasks.ts';
import { words } from '../text/language.ts';

/** Latest first. */
export function Events({ task: { events } }: { task: TaskDetail }) {
  const t = words.value;
  return (
    <section>
      <h2>{t.events}</h2>
      {events.length === 0 && <p class="next">{t.noEvents}</p>}
      <ol class="events">
        {events.toReversed().map(({ number, time, text }) => (
          <li key={number}>
            <time dateTime={time}>{momentText(time, node.value?.now ?? '', t.locale)}</time>
            <span class="wrap">{text}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}
