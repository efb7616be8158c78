import { useState } from 'preact/hooks';
import type { TaskDetail } from '../../../api/rest/shapes.ts';
import { bytesText } from '../format.ts';
import { taskApi } from '../route.ts';
import { send } from '../state/api.ts';
import { go } from '../state/location.ts';
import { words } from '../text/language.ts';
import { useAttempt } from './attempt.ts';
import { Dialog } from './dialog.tsx';
import { RefusalNote } from './refusal-note.tsx';

/** Keeping the files is the default and Cancel has the focus; the name is typed only when files go. */
export function RemoveDialog({ task, onClose }: { task: TaskDetail; onClose: () => void }) {
  const t = words.value;
  const [files, setFiles] = useState(false);
  const [typed, setTyped] = useState('');
  const [isWrong, setWrong] = useState(false);
  const attempt = useAttempt();
  const size = bytesText(task.deletable);
  const isPartial = task.direction === 'received' && task.status !== 'done' && task.bytes > 0;
  const remove = async () => {
    const differs = files && typed.trim() !== task.package;
    setWrong(differs);
    if (differs) return document.getElementById('rm-name')?.focus();
    const body = files ? { files, confirm: task.package } : {};
    if (await attempt.run(() => send('POST', taskApi(task, 'cancel'), body))) go('/');
  };
  return (
    <Dialog title={t.rmTitle(task.package)} id="rm" onClose={onClose}>
      <form
        onSubmit={event => {
          event.preventDefault();
          void remove();
        }}
      >
        <label class="choice">
          <input type="radio" name="rm" checked={!files} onChange={() => setFiles(false)} />
          <span>{isPartial ? t.rmKeepPartial : t.rmKeep}</span>
        </label>
        {task.deletable > 0 && (
          <label class="choice">
            <input type="radio" name="rm" checked={files} onChange={() => setFiles(true)} />
            <span>{t.rmDelete(size)}</span>
          </label>
        )}
        {files && (
          <p>
            <label for="rm-name">{t.rmType}</label>
            <code class="wrap">{task.package}</code>
            <input
              id="rm-name"
              type="text"
              autocomplete="off"
              spellcheck={false}
              value={typed}
              aria-invalid={isWrong}
              aria-describedby="rm-wrong"
              onInput={event => setTyped(event.currentTarget.value)}
            />
            <span id="rm-wrong" class="wrong" role="alert">
              {isWrong && t.rmDiffers}
            </span>
          </p>
        )}
        <RefusalNote refusal={attempt.refusal} />
        <p class="buttons">
          <button type="button" autofocus onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" class="danger" disabled={attempt.isBusy}>
            {files ? t.rmGoFiles(size) : t.rmGo}
          </button>
        </p>
      </form>
    </Dialog>
  );
}
