import { useState } from 'preact/hooks';
import type { TaskDetail } from '../../../api/rest/shapes.ts';
import { rateText } from '../format.ts';
import { readRate } from '../rate-input.ts';
import { taskApi } from '../route.ts';
import { send } from '../state/api.ts';
import { readTask } from '../state/task.ts';
import { words } from '../text/language.ts';
import { useAttempt } from './attempt.ts';
import { RefusalNote } from './refusal-note.tsx';

const WAYS = ['down', 'up'] as const;
type Way = (typeof WAYS)[number];

export function LimitsForm({ task }: { task: TaskDetail }) {
  const t = words.value;
  const [typed, setTyped] = useState<Record<Way, string>>({ down: '', up: '' });
  const [isChecked, setChecked] = useState(false);
  const [isSet, setSet] = useState(false);
  const attempt = useAttempt();
  const rates = { down: readRate(typed.down), up: readRate(typed.up) };
  const wrong = WAYS.find(way => Number.isNaN(rates[way]));
  const apply = async () => {
    setChecked(true);
    setSet(false);
    if (wrong) return document.getElementById(`limit-${wrong}`)?.focus();
    const body = Object.fromEntries(WAYS.flatMap(way => (rates[way] === undefined ? [] : [[way, rates[way]]])));
    const isDone = await attempt.run(async () => {
      await send('POST', taskApi(task, 'limits'), body);
      await readTask(task);
    });
    setSet(isDone);
  };
  return (
    <section>
      <h2>{t.limits}</h2>
      <form
        class="limits"
        noValidate
        onSubmit={event => {
          event.preventDefault();
          void apply();
        }}
      >
        {WAYS.map(way => (
          <Field
            key={way}
            way={way}
            now={task.limits[way]}
            typed={typed[way]}
            isWrong={isChecked && Number.isNaN(rates[way])}
            onType={text => setTyped({ ...typed, [way]: text })}
          />
        ))}
        <button type="submit" disabled={attempt.isBusy}>
          {t.apply}
        </button>
        <span role="status">{isSet && t.limitSet}</span>
      </form>
      <p class="next" id="limit-hint">
        {t.limitHint}
      </p>
      <RefusalNote refusal={attempt.refusal} />
    </section>
  );
}

interface FieldProps {
  readonly way: Way;
  /** Bytes per second, 0: none. */
  readonly now: number;
  readonly typed: string;
  readonly isWrong: boolean;
  readonly onType: (text: string) => void;
}

function Field({ way, now, typed, isWrong, onType }: FieldProps) {
  const t = words.value;
  const rate = readRate(typed);
  const meaning = rate === undefined ? t.limitDefault : rate === 0 ? t.limitNone : rateText(rate);
  return (
    <div>
      <label for={`limit-${way}`}>{way === 'down' ? t.limitDown : t.limitUp}</label>
      <input
        id={`limit-${way}`}
        type="text"
        autocomplete="off"
        placeholder={now > 0 ? rateText(now) : t.limitNone}
        value={typed}
        aria-invalid={isWrong}
        aria-describedby={`limit-${way}-note limit-hint`}
        onInput={event => onType(event.currentTarget.value)}
      />
      <span id={`limit-${way}-note`} class={isWrong ? 'wrong' : 'note'} role={isWrong ? 'alert' : undefined}>
        {isWrong ? t.limitWrong : !Number.isNaN(rate) && t.limitIs(meaning)}
      </span>
    </div>
  );
}
