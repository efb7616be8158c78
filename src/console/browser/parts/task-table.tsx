import type { TaskRow } from '../../../api/rest/shapes.ts';
import { bytesText, rateText } from '../format.ts';
import { momentText } from '../moment.ts';
import { taskPath } from '../route.ts';
import { node } from '../state/tasks.ts';
import { words } from '../text/language.ts';
import { Bar } from './bar.tsx';
import { StatusLine } from './status-line.tsx';

export function TaskTable({ rows }: { rows: readonly TaskRow[] }) {
  const t = words.value;
  return (
    <table class="tasks card">
      <caption class="unseen">{t.tasks}</caption>
      <thead>
        <tr>
          <th scope="col">{t.film}</th>
          <th scope="col">{t.progress}</th>
          <th scope="col" class="number">
            {t.left}
          </th>
          <th scope="col" class="number">
            {t.rate}
          </th>
          <th scope="col" class="number">
            {t.finish}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(row => (
          <Row key={row.id} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row }: { row: TaskRow }) {
  const t = words.value;
  return (
    <tr>
      <td class="what">
        <a class="name" href={taskPath(row.id)}>
          {row.package}
        </a>{' '}
        <span class="direction">{t[row.direction]}</span>
        <StatusLine task={row} />
      </td>
      <td class="how">
        <Bar task={row} label={row.package} />
      </td>
      <td class="number" data-label={t.left}>
        {row.left > 0 ? bytesText(row.left) : '—'}
      </td>
      <td class="number" data-label={t.rate}>
        {rateText(row.rate)}
      </td>
      <td class="number" data-label={t.finish}>
        <Finish row={row} />
      </td>
    </tr>
  );
}

/** The forecast; with a deadline that it will not hold, that first. */
function Finish({ row: { forecast, deadline, atrisk } }: { row: TaskRow }) {
  const t = words.value;
  const text = (moment: string | null) => momentText(moment, node.value?.now ?? '', t.locale);
  return (
    <>
      {text(forecast)}
      {deadline !== null && (
        <span class={atrisk ? 'deadline risk' : 'deadline'}>
          {atrisk && <b aria-hidden="true">⚠ </b>}
          {atrisk && `${t.atRisk}, `}
          {t.wanted(text(deadline))}
        </span>
      )}
    </>
  );
}
