import { useState } from 'preact/hooks';
import type { TaskDetail } from '../../../api/rest/shapes.ts';
import { taskApi } from '../route.ts';
import { send } from '../state/api.ts';
import { readTask } from '../state/task.ts';
import { words } from '../text/language.ts';
import { useAttempt } from './attempt.ts';
import { RefusalNote } from './refusal-note.tsx';
import { RemoveDialog } from './remove-dialog.tsx';

const SIMPLE = ['pause', 'resume', 'retry'] as const;

/** Only what the daemon says may be asked of it now. */
export function TaskActions({ task }: { task: TaskDetail }) {
  const t = words.value;
  const attempt = useAttempt();
  const [isRemoving, setRemoving] = useState(false);
  const act = async (what: string) => {
    await send('POST', taskApi(task, what));
    await readTask(task);
  };
  return (
    <>
      <p class="actions">
        {SIMPLE.filter(what => task.actions.includes(what)).map(what => (
          <button key={what} type="button" disabled={attempt.isBusy} onClick={() => void attempt.run(() => act(what))}>
            {t[what]}
          </button>
        ))}
        {task.actions.includes('cancel') && (
          <button type="button" class="danger" onClick={() => setRemoving(true)}>
            {t.remove}
          </button>
        )}
        {task.report && (
          <a class="button" href={`${taskApi(task, 'report')}&format=text`} target="_blank" rel="noreferrer">
            {t.report}
          </a>
        )}
      </p>
      <RefusalNote refusal={attempt.refusal} />
      {isRemoving && <RemoveDialog task={task} onClose={() => setRemoving(false)} />}
    </>
  );
}
