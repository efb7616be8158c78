import type { Refusal } from '../state/api.ts';
import { causeText, nextText, words } from '../text/language.ts';

/** What was refused, what to do now, and where more is to be read. */
export function RefusalNote({ refusal, id }: { refusal: Refusal | undefined; id?: string }) {
  const t = words.value;
  if (!refusal) return null;
  const { page } = refusal;
  return (
    <div class="refusal" role="alert" {...(id ? { id } : {})}>
      <p>
        <b aria-hidden="true">✖</b> <strong>{t.failedAction}:</strong> {placeText(page)}
        {causeText(page)}
      </p>
      <p>
        {t.next}: {nextText(page)}
        {page.docs !== '' && (
          <>
            {' '}
            <a href={page.docs.startsWith('http') ? page.docs : `/${page.docs}`} target="_blank" rel="noreferrer">
              {t.more} ({page.code})
            </a>
          </>
        )}
      </p>
    </div>
  );
}

function placeText({ line, column, field }: Refusal['page']): string {
  const t = words.value;
  if (line !== undefined) return `${column === undefined ? t.atLine(line) : t.at(line, column)}: `;
  return field ? `${t.atField(field)}: ` : '';
}
