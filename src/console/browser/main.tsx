import { render } from 'preact';
import { App } from './app.tsx';
import { isHelpOpen } from './parts/help.tsx';
import { followLinks, go } from './state/location.ts';
import { followKeys } from './state/shortcuts.ts';
import './style.css';

const root = document.getElementById('app');
if (!root) throw new Error('the page has no #app');

followLinks();
followKeys({
  help: () => (isHelpOpen.value = true),
  search: () => {
    go('/');
    requestAnimationFrame(() => document.getElementById('search')?.focus());
  },
});
render(<App />, root);
