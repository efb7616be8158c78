import { computed, signal } from '@preact/signals';
import { routeOf } from '../route.ts';

const path = signal(location.pathname);
export const route = computed(() => routeOf(path.value));

export function go(to: string): void {
  if (to !== path.value) history.pushState(null, '', to);
  path.value = to;
  scrollTo(0, 0);
}

/** Links within the console are drawn here; everything else (reports, files, other windows) is the browser's. */
export function followLinks(): void {
  addEventListener('popstate', () => (path.value = location.pathname));
  document.addEventListener('click', event => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const isOther = event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!link || isOther || link.target !== '' || link.hasAttribute('download')) return;
    if (link.origin !== location.origin || link.hash !== '' || routeOf(link.pathname).page === 'unknown') return;
    event.preventDefault();
    go(link.pathname);
  });
}
