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
  // What is not complete goes in any case (decision 14): there is nothing to choose.
  const isPartial = task.dcppath === '' && task.deletable > 0;
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
        {isPartial ? <p>{t.rmPartial(size)}</p> : <Choice files={files} size={task.deletable} choose={setFiles} />}
        {files && <Name name={task.package} typed={typed} isWrong={isWrong} onType={setTyped} />}
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

function Choice({ files, size, choose }: { files: boolean; size: number; choose: (files: boolean) => void }) {
  const t = words.value;
  return (
    <>
      <label class="choice">
        <input type="radio" name="rm" checked={!files} onChange={() => choose(false)} />
        <span>{t.rmKeep}</span>
      </label>
      {size > 0 && (
        <label class="choice">
          <input type="radio" name="rm" checked={files} onChange={() => choose(true)} />
          <span>{t.rmDelete(bytesText(size))}</span>
        </label>
      )}
    </>
  );
}

interface NameProps {
  readonly name: string;
  readonly typed: string;
  readonly isWrong: boolean;
  readonly onType: (text: string) => void;
}

function Name({ name, typed, isWrong, onType }: NameProps) {
  const t = words.value;
  return (
    <p>
      <label for="rm-name">{t.rmType}</label>
      <code class="wrap">{name}</code>
      <input
        id="rm-name"
        type="text"
        autocomplete="off"
        spellcheck={false}
        value={typed}
        aria-invalid={isWrong}
        aria-describedby="rm-wrong"
        onInput={event => onType(event.currentTarget.value)}
      />
      <span id="rm-wrong" class="wrong" role="alert">
        {isWrong && t.rmDiffers}
      </span>
    </p>
  );
}
