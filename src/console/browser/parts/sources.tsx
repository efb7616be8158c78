import type { TaskDetail } from '../../../api/rest/shapes.ts';
import { bytesText, rateText } from '../format.ts';
import { words } from '../text/language.ts';
import { FactsTable } from './facts-table.tsx';
import { METHODS, type Method } from './methods.ts';

const MOST_SOURCES = 5;

/** Per method: bytes, rate, its part of what came against its part by the ratio, and why it does not move. */
export function Sources({ task }: { task: TaskDetail }) {
  const t = words.value;
  const heads = [t.bytes, t.rate, t.actual, t.target, t.wasted];
  return (
    <section>
      <h2>{task.direction === 'received' ? t.sources : t.availability}</h2>
      <FactsTable label={t.sources} figures={heads} last={t.state}>
        {task.local > 0 && <Local task={task} />}
        {METHODS.map(method => (
          <Row key={method} method={method} share={task.methods[method]} />
        ))}
      </FactsTable>
    </section>
  );
}

function Local({ task: { local } }: { task: TaskDetail }) {
  return (
    <tr>
      <th scope="row">
        <i class="key local" />
        {words.value.local}
      </th>
      <td class="number" data-label={words.value.bytes}>
        {bytesText(local)}
      </td>
      <td colSpan={5} />
    </tr>
  );
}

function Row({ method, share }: { method: Method; share: TaskDetail['methods'][Method] }) {
  const t = words.value;
  const hasShare = share.total > 0 || share.bytes > 0;
  return (
    <tr>
      <th scope="row">
        <i class={`key ${method}`} />
        {method.toUpperCase()}
      </th>
      <td class="number" data-label={t.bytes}>
        {hasShare ? t.ofSize(bytesText(share.bytes), bytesText(share.total)) : '—'}
      </td>
      <td class="number" data-label={t.rate}>
        {rateText(share.rate)}
      </td>
      <td class="number" data-label={t.actual}>
        {hasShare ? `${Math.round(share.actual)}%` : '—'}
      </td>
      <td class="number" data-label={t.target}>
        {hasShare ? `${Math.round(share.target)}%` : '—'}
      </td>
      <td class="number" data-label={t.wasted}>
        {share.wasted > 0 ? bytesText(share.wasted) : '—'}
      </td>
      <td class="state">
        {t.shares[share.state] ?? share.state}
        {share.trouble !== '' && <span class="wrong"> · {share.trouble}</span>}
        <From share={share} />
      </td>
    </tr>
  );
}

/** Who brought the bytes, the most first, and how many of them were wrong. */
function From({ share: { sources, wastedby } }: { share: TaskDetail['methods'][Method] }) {
  const t = words.value;
  const all = Object.entries(sources).toSorted(([, a], [, b]) => b - a);
  if (all.length === 0) return null;
  return (
    <details>
      <summary>
        {t.from} {all.length}
      </summary>
      <ul>
        {all.slice(0, MOST_SOURCES).map(([address, bytes]) => (
          <li key={address}>
            {bytesText(bytes)} <span class="wrap">{address}</span>
            {(wastedby[address] ?? 0) > 0 && (
              <span class="wrong">
                {' '}
                {t.wasted}: {bytesText(wastedby[address] ?? 0)}
              </span>
            )}
          </li>
        ))}
        {all.length > MOST_SOURCES && <li>{t.morePeers(all.length - MOST_SOURCES)}</li>}
      </ul>
    </details>
  );
}
