import { effect, signal } from '@preact/signals';
import { keep, readKept } from './kept.ts';

export const THEMES = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export const theme = signal<Theme>(readKept('theme', THEMES) ?? 'auto');

export function colour(chosen: Theme): void {
  theme.value = chosen;
  keep('theme', chosen);
}

effect(() => {
  document.documentElement.dataset.theme = theme.value;
});
