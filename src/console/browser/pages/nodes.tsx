import type { NodesPage as Page, NodeSummary } from '../../../api/rest/shapes.ts';
import { bytesText, rateText } from '../format.ts';
import { momentText } from '../moment.ts';
import { FactsTable } from '../parts/facts-table.tsx';
import { METHODS } from '../parts/methods.ts';
import { useRead } from '../parts/attempt.ts';
import { RefusalNote } from '../parts/refusal-note.tsx';
import { get } from '../state/api.ts';
import { node } from '../state/tasks.ts';
import { words } from '../text/language.ts';

export function NodesPage() {
  const t = words.value;
  // Every ten seconds of the node's clock.
  const { value, refusal } = useRead(signal => get<Page>('/api/v1/nodes', signal), node.value?.now.slice(0, 18) ?? '');
  return (
    <>
      <h1>{t.nodes}</h1>
      <RefusalNote refusal={refusal} />
      {node.value && <ThisNode node={node.value} />}
      <section class="card">
        <h2>{t.others}</h2>
        {!value && !refusal && <p role="status">{t.loading}</p>}
        {value?.others.length === 0 && <p class="next">{t.noOthers}</p>}
        {value && value.others.length > 0 && <Others others={value.others} />}
      </section>
    </>
  );
}

function ThisNode({ node }: { node: NodeSummary }) {
  const t = words.value;
  const { disk, windows } = node;
  return (
    <section class="card">
      <h2>
        {t.thisNode}: <span class="wrap">{node.name}</span>
      </h2>
      <dl class="list">
        <Fact term={t.role} value={t.roles[node.servertype] ?? node.servertype} />
        <Fact term={t.version} value={node.version} />
        <Fact term={t.timeZone} value={node.zone} />
        <Fact term={t.down} value={rateText(node.down)} />
        <Fact term={t.up} value={rateText(node.up)} />
        {METHODS.map(method => {
          const { open, next } = windows[method];
          const at = next === null ? '' : ` (${t.until.other} ${momentText(next, node.now, t.locale)})`;
          return <Fact key={method} term={method.toUpperCase()} value={`${open ? t.openNow : t.closedNow}${at}`} />;
        })}
      </dl>
      {disk.size > 0 && (
        <p class="disk">
          <label for="disk">{t.disk}</label>
          <meter
            id="disk"
            min={0}
            max={disk.size}
            low={disk.size * 0.7}
            high={disk.size * 0.9}
            optimum={0}
            value={disk.size - disk.free}
          />
          <span>{t.diskFree(bytesText(disk.free), bytesText(disk.size))}</span>
        </p>
      )}
    </section>
  );
}

function Fact({ term, value }: { term: string; value: string }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd class="wrap">{value}</dd>
    </div>
  );
}

function Others({ others }: { others: Page['others'] }) {
  const t = words.value;
  const heads = [t.taskCount, t.fetched, t.wasted, '↓', '↑'];
  return (
    <FactsTable label={t.others} figures={heads} last={t.address}>
      {others.map(other => (
        <tr key={`${other.method} ${other.address}`}>
          <th scope="row">
            <i class={`key ${other.method}`} />
            {other.method.toUpperCase()}
          </th>
          <td class="number" data-label={t.taskCount}>
            {other.tasks}
          </td>
          <td class="number" data-label={t.fetched}>
            {bytesText(other.received)}
          </td>
          <td class="number" data-label={t.wasted}>
            {other.wasted > 0 ? bytesText(other.wasted) : '—'}
          </td>
          <td class="number" data-label="↓">
            {rateText(other.downrate)}
          </td>
          <td class="number" data-label="↑">
            {rateText(other.uprate)}
          </td>
          <td class="wrap">{other.address}</td>
        </tr>
      ))}
    </FactsTable>
  );
}
