import { useState } from 'preact/hooks';
import type { HistoryPage as Page, HistoryRow } from '../../../api/rest/shapes.ts';
import { bytesText } from '../format.ts';
import { momentText } from '../moment.ts';
import { useRead } from '../parts/attempt.ts';
import { Bar } from '../parts/bar.tsx';
import { RefusalNote } from '../parts/refusal-note.tsx';
import { taskApi } from '../route.ts';
import { get } from '../state/api.ts';
import { node } from '../state/tasks.ts';
import { words } from '../text/language.ts';

const LIMIT = 50;
const DIRECTIONS = ['', 'received', 'sent'] as const;

export function HistoryPage() {
  const t = words.value;
  const [direction, setDirection] = useState<(typeof DIRECTIONS)[number]>('');
  const [before, setBefore] = useState('');
  const query = new URLSearchParams({
    limit: String(LIMIT),
    ...(direction && { direction }),
    ...(before && { before }),
  });
  const { value, refusal } = useRead(signal => get<Page>(`/api/v1/history?${query}`, signal), query.toString());
  return (
    <>
      <h1>{t.history}</h1>
      <div class="head">
        <div class="choices" role="group" aria-label={t.bothWays}>
          {DIRECTIONS.map(way => (
            <button
              key={way}
              type="button"
              aria-pressed={direction === way}
              onClick={() => {
                setDirection(way);
                setBefore('');
              }}
            >
              {way === '' ? t.bothWays : t[way]}
            </button>
          ))}
        </div>
        <a class="button" href="/api/v1/history.csv" download>
          {t.csv}
        </a>
      </div>
      <RefusalNote refusal={refusal} />
      {!value && !refusal && <p role="status">{t.loading}</p>}
      {value?.entries.length === 0 && <p class="card empty">{t.noHistory}</p>}
      {value && value.entries.length > 0 && <Entries entries={value.entries} />}
      <p class="actions">
        {before !== '' && (
          <button type="button" onClick={() => setBefore('')}>
            {t.newest}
          </button>
        )}
        {value && value.next !== null && (
          <button type="button" onClick={() => setBefore(value.next ?? '')}>
            {t.older}
          </button>
        )}
      </p>
    </>
  );
}

function Entries({ entries }: { entries: readonly HistoryRow[] }) {
  const t = words.value;
  return (
    <table class="tasks history card">
      <caption class="unseen">{t.history}</caption>
      <thead>
        <tr>
          <th scope="col">{t.place}</th>
          <th scope="col">{t.sources}</th>
          <th scope="col" class="number">
            {t.wasted}
          </th>
          <th scope="col">{t.verified}</th>
          <th scope="col" class="number">
            {t.finished}
          </th>
        </tr>
      </thead>
      <tbody>
        {entries.map(entry => (
          <Entry key={`${entry.direction} ${entry.name} ${entry.finished}`} entry={entry} />
        ))}
      </tbody>
    </table>
  );
}

function Entry({ entry }: { entry: HistoryRow }) {
  const t = words.value;
  const { size, local, bt, obs, cdn } = entry;
  const methods = { bt: { bytes: bt }, obs: { bytes: obs }, cdn: { bytes: cdn } };
  const isReceived = entry.direction === 'received';
  return (
    <tr>
      <td class="what">
        <span class="name">{entry.package}</span> <span class="direction">{t[entry.direction]}</span>
        {entry.report && (
          <span class="proof">
            {t.proof}:{' '}
            <a href={`${taskApi(entry, 'report')}&format=text`} target="_blank" rel="noreferrer">
              {t.report}
              <span class="unseen"> {entry.package}</span>
            </a>
          </span>
        )}
      </td>
      <td class="how">
        {isReceived ? (
          <Bar task={{ size, local, methods, bytes: Math.min(size, local + bt + obs + cdn) }} label={entry.package} />
        ) : (
          bytesText(size)
        )}
      </td>
      <td class="number" data-label={t.wasted}>
        {entry.wasted > 0 ? bytesText(entry.wasted) : '—'}
      </td>
      <td data-label={t.verified}>{entry.verified || '—'}</td>
      <td class="number" data-label={t.finished}>
        {momentText(entry.finished, node.value?.now ?? '', t.locale)}
      </td>
    </tr>
  );
}
