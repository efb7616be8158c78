import { signal } from '@preact/signals';
import { keep, readKept } from '../kept.ts';

/** Single keys can be switched off: speech input and slips of the hand press them, too (WCAG 2.1.4). */
export const areKeysOn = signal(readKept('keys', ['on', 'off']) !== 'off');

export function switchKeys(on: boolean): void {
  areKeysOn.value = on;
  keep('keys', on ? 'on' : 'off');
}

/** `/` and `?`, except while something is typed or a dialog is open. */
export function followKeys(act: { search: () => void; help: () => void }): void {
  document.addEventListener('keydown', event => {
    const { target, key } = event;
    const isTyping = target instanceof Element && target.closest('input, textarea, select, dialog') !== null;
    if (!areKeysOn.value || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    if (key !== '/' && key !== '?') return;
    event.preventDefault();
    if (key === '/') act.search();
    else act.help();
  });
}
