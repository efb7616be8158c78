import { signal } from '@preact/signals';
import { words } from '../text/language.ts';
import { Dialog } from './dialog.tsx';
import { METHODS } from './methods.ts';

export const isHelpOpen = signal(false);
const close = () => (isHelpOpen.value = false);

export function Help() {
  const t = words.value;
  if (!isHelpOpen.value) return null;
  return (
    <Dialog title={t.helpTitle} id="help" onClose={close}>
      <dl class="list">
        {t.keys.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <p class="legend">
        {METHODS.map(method => (
          <span key={method}>
            <i class={`key ${method}`} />
            {method}
          </span>
        ))}
        <span>
          <i class="key local" />
          {t.local}
        </span>
      </p>
      <p class="next">{t.signs}</p>
      <p class="buttons">
        <button type="button" autofocus onClick={close}>
          {t.dismiss}
        </button>
      </p>
    </Dialog>
  );
}
