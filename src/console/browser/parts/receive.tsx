import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import { offsetOf } from '../text-place.ts';
import { announce } from '../state/announce.ts';
import { type Refusal, send } from '../state/api.ts';
import { go } from '../state/location.ts';
import { taskPath } from '../route.ts';
import { words } from '../text/language.ts';
import { useAttempt } from './attempt.ts';
import { Dialog } from './dialog.tsx';
import { RefusalNote } from './refusal-note.tsx';

const MOST_BYTES = 64 * 1024 * 1024;
/** Shown above the line that is wrong. */
const LINES_ABOVE = 3;

interface Draft {
  readonly name: string;
  readonly text: string;
}

/** What is to be received, one after the other; undefined: the dialog is closed. What was typed stays until it was received or thrown away. */
const drafts = signal<readonly Draft[] | undefined>(undefined);
const tooLarge = signal('');
let kept: readonly Draft[] = [];

export function openReceive(more: readonly Draft[] = []): void {
  const waiting = (drafts.value ?? kept).filter(({ text }) => text.trim() !== '');
  drafts.value = [...more, ...waiting];
}

export async function openFiles(files: readonly File[]): Promise<void> {
  const large = files.find(file => file.size > MOST_BYTES);
  tooLarge.value = large ? words.value.rcLarge(large.name) : '';
  const small = files.filter(file => file.size <= MOST_BYTES);
  openReceive(await Promise.all(small.map(async file => ({ name: file.name, text: await file.text() }))));
}

function close(): void {
  kept = drafts.value ?? [];
  drafts.value = undefined;
  tooLarge.value = '';
}

export function Receive() {
  return drafts.value ? <ReceiveDialog all={drafts.value} /> : null;
}

function ReceiveDialog({ all }: { all: readonly Draft[] }) {
  const t = words.value;
  const [first = { name: '', text: '' }, ...rest] = all;
  const [isEmpty, setEmpty] = useState(false);
  const [done, setDone] = useState<readonly string[]>([]);
  const attempt = useAttempt();
  const receive = async () => {
    setEmpty(first.text.trim() === '');
    if (first.text.trim() === '') return document.getElementById('rc-text')?.focus();
    let id = '';
    const isDone = await attempt.run(async () => {
      id = ((await send('POST', '/api/v1/tasks', first.text)) as { id: string }).id;
    });
    if (!isDone) return;
    announce(t.rcDone(id));
    setDone([...done, id]);
    drafts.value = rest;
    if (rest.length > 0) return;
    close();
    go(taskPath(id));
  };
  return (
    <Dialog title={t.rcTitle} id="rc" onClose={close}>
      <form
        noValidate
        onSubmit={event => {
          event.preventDefault();
          void receive();
        }}
      >
        <p class="next">{t.rcLead}</p>
        {done.map(id => (
          <p key={id} class="good wrap">
            ✔ {t.rcDone(id)}
          </p>
        ))}
        <TaskText
          draft={first}
          refusal={attempt.refusal}
          problem={tooLarge.value || (isEmpty && first.text.trim() === '' ? t.rcEmpty : '')}
          onType={text => (drafts.value = [{ name: first.name, text }, ...rest])}
        />
        {rest.length > 0 && <p class="next">{t.rcMore(rest.length)}</p>}
        <Buttons isBusy={attempt.isBusy} />
      </form>
    </Dialog>
  );
}

interface TaskTextProps {
  readonly draft: Draft;
  readonly refusal: Refusal | undefined;
  readonly problem: string;
  readonly onType: (text: string) => void;
}

function TaskText({ draft, refusal, problem, onType }: TaskTextProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (refusal && area.current) mark(area.current, refusal.page);
  }, [refusal]);
  return (
    <>
      <label for="rc-text">
        {words.value.rcText} <span class="wrap">{draft.name}</span>
      </label>
      <textarea
        id="rc-text"
        ref={area}
        rows={12}
        spellcheck={false}
        wrap="off"
        value={draft.text}
        aria-invalid={problem !== '' || refusal !== undefined}
        aria-describedby="rc-wrong rc-refusal"
        onInput={event => onType(event.currentTarget.value)}
      />
      <p id="rc-wrong" class="wrong" role="alert">
        {problem}
      </p>
      <RefusalNote refusal={refusal} id="rc-refusal" />
    </>
  );
}

function Buttons({ isBusy }: { isBusy: boolean }) {
  const t = words.value;
  return (
    <p class="buttons">
      <label class="button file">
        {t.rcFile}
        <input
          type="file"
          class="unseen"
          multiple
          accept=".json,application/json"
          onChange={event => void openFiles([...(event.currentTarget.files ?? [])])}
        />
      </label>
      <button type="button" onClick={close}>
        {t.cancel}
      </button>
      <button type="submit" class="main" disabled={isBusy}>
        {t.rcGo}
      </button>
    </p>
  );
}

/** Selects the character that the daemon stumbled over, and brings it into sight: browsers do not. */
function mark(area: HTMLTextAreaElement, { line, column = 1 }: { line?: number; column?: number }): void {
  area.focus();
  if (line === undefined) return;
  const at = offsetOf(area.value, line, column);
  area.setSelectionRange(at, at + 1);
  area.scrollTop = (line - LINES_ABOVE) * Number.parseFloat(getComputedStyle(area).lineHeight);
}
