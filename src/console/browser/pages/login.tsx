import { useState } from 'preact/hooks';
import { useAttempt } from '../parts/attempt.ts';
import { RefusalNote } from '../parts/refusal-note.tsx';
import { send } from '../state/api.ts';
import { signedIn } from '../state/session.ts';
import { words } from '../text/language.ts';

export function LoginPage() {
  const t = words.value;
  const [token, setToken] = useState('');
  const [isEmpty, setEmpty] = useState(false);
  const attempt = useAttempt();
  const signIn = async () => {
    setEmpty(token.trim() === '');
    if (token.trim() === '') return document.getElementById('token')?.focus();
    if (await attempt.run(() => send('POST', '/api/v1/session', { token: token.trim() }))) signedIn();
  };
  return (
    <form
      class="card login"
      noValidate
      onSubmit={event => {
        event.preventDefault();
        void signIn();
      }}
    >
      <h1>{t.login}</h1>
      <p>{t.loginLead}</p>
      <p class="next" id="token-where">
        {t.loginWhere}
      </p>
      <label for="token">{t.token}</label>
      <input
        id="token"
        type="password"
        autocomplete="current-password"
        value={token}
        aria-invalid={isEmpty || attempt.refusal !== undefined}
        aria-describedby="token-where token-wrong"
        onInput={event => setToken(event.currentTarget.value)}
      />
      <p id="token-wrong" class="wrong" role="alert">
        {isEmpty && t.loginEmpty}
      </p>
      <RefusalNote refusal={attempt.refusal} />
      <p class="buttons">
        <button type="submit" class="main" disabled={attempt.isBusy}>
          {t.login}
        </button>
      </p>
    </form>
  );
}
