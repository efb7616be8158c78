import { dateOf, momentText } from '../moment.ts';
import { announcement } from '../state/announce.ts';
import { isLive } from '../state/feed.ts';
import { newVersion, node } from '../state/tasks.ts';
import { words } from '../text/language.ts';

/** What holds for the whole page: it is old, or of another version. And what is read out. */
export function Banners() {
  const t = words.value;
  const now = node.value?.now;
  return (
    <>
      <div role="status">
        {!isLive.value && (
          <p class="banner lost">
            ⚠ {now ? t.lost(`${momentText(now, now, t.locale)}:${now.slice(17, 19)}, ${dateOf(now)}`) : t.lostBefore}
          </p>
        )}
        {newVersion.value !== '' && (
          <p class="banner">
            {t.newVersion(newVersion.value)}{' '}
            <button type="button" onClick={() => location.reload()}>
              {t.reload}
            </button>
          </p>
        )}
      </div>
      <p class="unseen" role="status">
        {announcement.value}
      </p>
    </>
  );
}
