import { useState } from 'preact/hooks';
import { Filters } from '../parts/filters.tsx';
import { openReceive } from '../parts/receive.tsx';
import { RefusalNote } from '../parts/refusal-note.tsx';
import { TaskTable } from '../parts/task-table.tsx';
import { useAttempt } from '../parts/attempt.ts';
import { taskApi } from '../route.ts';
import { announce } from '../state/announce.ts';
import { send } from '../state/api.ts';
import { node, page, rowsOf, searched, show } from '../state/tasks.ts';
import { words } from '../text/language.ts';

export function TasksPage() {
  const t = words.value;
  const wanted = searched.value.trim().toLowerCase();
  const rows = rowsOf.value[show.value].filter(row => row.name.toLowerCase().includes(wanted));
  if (!page.value) return <p role="status">{t.loading}</p>;
  return (
    <>
      <div class="head">
        <h1 class="unseen">{t.tasks}</h1>
        <Filters />
        {node.value?.servertype !== 'sender' && (
          <button type="button" class="main" onClick={() => openReceive()}>
            {t.receive}
          </button>
        )}
      </div>
      <RetryAll />
      <p class="unseen" role="status">
        {wanted !== '' && t.found(rows.length)}
      </p>
      {rows.length > 0 ? <TaskTable rows={rows} /> : <Nothing isSearched={wanted !== ''} />}
    </>
  );
}

function Nothing({ isSearched }: { isSearched: boolean }) {
  const t = words.value;
  const hint = node.value?.servertype === 'sender' ? t.nothingSent : t.nothingHint;
  return (
    <div class="card empty">
      <p>{isSearched ? t.nothingFound : t.nothing}</p>
      {!isSearched && <p class="next">{hint}</p>}
    </div>
  );
}

function RetryAll() {
  const t = words.value;
  const attempt = useAttempt();
  const [result, setResult] = useState('');
  const failed = rowsOf.value.attention.filter(row => row.actions.includes('retry'));
  const retry = async () => {
    let done = 0;
    await attempt.run(async () => {
      for (const row of failed) {
        await send('POST', taskApi(row, 'retry'));
        done += 1;
      }
    });
    setResult(t.retried(done, failed.length));
    announce(t.retried(done, failed.length));
  };
  if (failed.length === 0 && !attempt.refusal && result === '') return null;
  return (
    <div class="retry-all">
      {failed.length > 0 && (
        <button type="button" disabled={attempt.isBusy} onClick={() => void retry()}>
          ↻ {t.retryAll(failed.length)}
        </button>
      )}
      <span>{result}</span>
      <RefusalNote refusal={attempt.refusal} />
    </div>
  );
}
