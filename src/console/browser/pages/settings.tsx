import { useEffect, useState } from 'preact/hooks';
import type { ConfigPage } from '../../../api/rest/shapes.ts';
import { useAttempt, useRead } from '../parts/attempt.ts';
import { RefusalNote } from '../parts/refusal-note.tsx';
import { get, send } from '../state/api.ts';
import { needToken } from '../state/session.ts';
import { areKeysOn, switchKeys } from '../state/shortcuts.ts';
import { LANGUAGES, language, speak, words } from '../text/language.ts';
import { colour, THEMES, theme } from '../theme.ts';

const NAMES = { en: 'English', zh: '中文' } as const;

export function SettingsPage() {
  const t = words.value;
  return (
    <>
      <h1>{t.settings}</h1>
      <section class="card">
        <h2>{t.look}</h2>
        <div class="look">
          <Choice
            label={t.language}
            name="language"
            values={LANGUAGES}
            now={language.value}
            text={key => NAMES[key]}
            choose={speak}
          />
          <Choice
            label={t.theme}
            name="theme"
            values={THEMES}
            now={theme.value}
            text={key => t.themes[key]}
            choose={colour}
          />
          <fieldset>
            <legend>{t.shortcuts}</legend>
            <label class="choice">
              <input
                type="checkbox"
                checked={areKeysOn.value}
                onChange={event => switchKeys(event.currentTarget.checked)}
              />
              <span>{t.shortcutsOn}</span>
            </label>
          </fieldset>
        </div>
        <SignOut />
      </section>
      <Configuration />
    </>
  );
}

interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly name: string;
  readonly values: readonly T[];
  readonly now: T;
  readonly text: (value: T) => string;
  readonly choose: (value: T) => void;
}

function Choice<T extends string>({ label, name, values, now, text, choose }: ChoiceProps<T>) {
  return (
    <fieldset>
      <legend>{label}</legend>
      {values.map(value => (
        <label class="choice" key={value}>
          <input type="radio" name={name} checked={now === value} onChange={() => choose(value)} />
          <span>{text(value)}</span>
        </label>
      ))}
    </fieldset>
  );
}

/** Only where a token was asked for. */
function SignOut() {
  const [isNeeded, setNeeded] = useState(false);
  const attempt = useAttempt();
  useEffect(() => {
    get<{ needed: boolean }>('/api/v1/session').then(
      session => setNeeded(session.needed),
      () => setNeeded(false),
    );
  }, []);
  if (!isNeeded) return null;
  const signOut = async () => {
    if (await attempt.run(() => send('DELETE', '/api/v1/session'))) needToken();
  };
  return (
    <p class="actions">
      <button type="button" disabled={attempt.isBusy} onClick={() => void signOut()}>
        {words.value.signOut}
      </button>
      <RefusalNote refusal={attempt.refusal} />
    </p>
  );
}

function Configuration() {
  const t = words.value;
  const [onlyChanged, setOnlyChanged] = useState(true);
  const { value, refusal } = useRead(signal => get<ConfigPage>('/api/v1/config', signal), '');
  return (
    <section class="card">
      <h2>{t.config}</h2>
      <RefusalNote refusal={refusal} />
      {!value && !refusal && <p role="status">{t.loading}</p>}
      {value && (
        <>
          <p class="next wrap">{t.configFile(value.file)}</p>
          <label class="choice">
            <input
              type="checkbox"
              checked={onlyChanged}
              onChange={event => setOnlyChanged(event.currentTarget.checked)}
            />
            <span>{t.differs}</span>
          </label>
          <Keys keys={value.keys.filter(({ isdefault }) => !(onlyChanged && isdefault))} />
        </>
      )}
    </section>
  );
}

function Keys({ keys }: { keys: ConfigPage['keys'] }) {
  const t = words.value;
  return (
    <table class="config">
      <thead>
        <tr>
          <th scope="col">{t.key}</th>
          <th scope="col">{t.value}</th>
        </tr>
      </thead>
      <tbody>
        {keys.map(row => (
          <tr key={row.key} class={row.isdefault ? '' : 'changed'}>
            <th scope="row">
              <code class="wrap">{row.key}</code>
              <span class="next" lang="en">
                {row.description}
              </span>
            </th>
            <td>
              <code class="wrap">{valueText(row.value) || '—'}</code>
              {row.secret && row.value === '***' && <span class="tag">{t.secretSet}</span>}
              {row.isdefault ? (
                <span class="next">{t.same}</span>
              ) : (
                <span class="next">
                  <b>✎ {t.changed}</b>
                  {!row.secret && ` · ${t.fallback}: ${valueText(row.default) || '—'}`}
                </span>
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const valueText = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value);
