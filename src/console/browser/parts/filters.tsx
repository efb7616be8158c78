import { searched, show, SHOWS, rowsOf } from '../state/tasks.ts';
import { words } from '../text/language.ts';

export function Filters() {
  const t = words.value;
  const rows = rowsOf.value;
  return (
    <div class="filters">
      <div class="choices" role="group" aria-label={t.state}>
        {SHOWS.map(key => (
          <button
            key={key}
            type="button"
            aria-pressed={show.value === key}
            class={key === 'attention' && rows.attention.length > 0 ? 'warn' : ''}
            onClick={() => (show.value = key)}
          >
            {t.show[key]} <b>{rows[key].length}</b>
          </button>
        ))}
      </div>
      <input
        type="search"
        id="search"
        aria-label={t.search}
        placeholder={t.search}
        value={searched.value}
        onInput={event => (searched.value = event.currentTarget.value)}
      />
    </div>
  );
}
