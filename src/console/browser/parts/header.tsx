import { rateText } from '../format.ts';
import { momentText } from '../moment.ts';
import { node, rowsOf } from '../state/tasks.ts';
import { route } from '../state/location.ts';
import { language, speak, words } from '../text/language.ts';
import { colour, THEMES, theme } from '../theme.ts';
import { isHelpOpen } from './help.tsx';
import { METHODS } from './methods.ts';

const PAGES = [
  ['/', 'tasks'],
  ['/schedule', 'schedule'],
  ['/nodes', 'nodes'],
  ['/history', 'history'],
  ['/settings', 'settings'],
] as const;
const THEME_SIGNS = { auto: '◐', light: '☀', dark: '☾' } as const;

export function Header() {
  const t = words.value;
  return (
    <header>
      <a class="skip" href="#content">
        {t.skip}
      </a>
      <div class="bar-top">
        <a class="brand" href="/">
          {t.title}
        </a>
        <NodePills />
        <span class="grow" />
        <ThemeButton />
        <button
          type="button"
          lang={language.value === 'zh' ? 'en' : 'zh-CN'}
          onClick={() => speak(language.value === 'zh' ? 'en' : 'zh')}
        >
          {language.value === 'zh' ? 'English' : '中文'}
        </button>
        <button type="button" aria-label={t.help} title={t.help} onClick={() => (isHelpOpen.value = true)}>
          ?
        </button>
      </div>
      <nav aria-label={t.pages}>
        {PAGES.map(([path, page]) => (
          <a key={path} href={path} aria-current={isCurrent(page) ? 'page' : undefined}>
            {t[page]}
            {page === 'tasks' && <Attention />}
          </a>
        ))}
      </nav>
    </header>
  );
}

const isCurrent = (page: string) => route.value.page === page || (page === 'tasks' && route.value.page === 'task');

/** How many tasks need somebody, seen from every page. */
function Attention() {
  const count = rowsOf.value.attention.length;
  if (count === 0) return null;
  return (
    <b class="count">
      {count}
      <span class="unseen"> {words.value.show.attention}</span>
    </b>
  );
}

function NodePills() {
  const t = words.value;
  const summary = node.value;
  if (!summary) return null;
  const { windows, now } = summary;
  const open = METHODS.filter(method => windows[method].open);
  const closed = METHODS.flatMap(method => {
    const { open, next } = windows[method];
    return open || next === null ? [] : [{ method, next }];
  });
  const first = closed.toSorted((a, b) => a.next.localeCompare(b.next))[0];
  return (
    <>
      <span class="pill wrap">
        {t.roles[summary.servertype]} · {summary.name}
      </span>
      {closed.length > 0 && (
        <span class={open.length > 0 ? 'pill good' : 'pill'}>
          ◷{' '}
          {[
            open.length > 0 && t.windowOpen(open.join(', ')),
            first && t.windowOpens(first.method, momentText(first.next, now, t.locale)),
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
      )}
      <span class="rates" title={`${t.down}, ${t.up}`}>
        <span class="unseen">{t.down}</span>
        <span>↓ {rateText(summary.down)}</span> <span class="unseen">{t.up}</span>
        <span>↑ {rateText(summary.up)}</span>
      </span>
    </>
  );
}

function ThemeButton() {
  const t = words.value;
  const next = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length] ?? 'auto';
  const label = `${t.theme}: ${t.themes[theme.value]}`;
  return (
    <button type="button" class="theme" aria-label={label} title={label} onClick={() => colour(next)}>
      {THEME_SIGNS[theme.value]}
    </button>
  );
}
