import { computed, effect, signal } from '@preact/signals';
import { keep, readKept } from '../kept.ts';
import { CAUSES } from './causes.ts';
import { en } from './en.ts';
import { zh } from './zh.ts';

export const LANGUAGES = ['en', 'zh'] as const;
export type Language = (typeof LANGUAGES)[number];

const ofBrowser: Language = navigator.language.startsWith('zh') ? 'zh' : 'en';

export const language = signal<Language>(readKept('language', LANGUAGES) ?? ofBrowser);
export const words = computed(() => (language.value === 'zh' ? zh : en));

export function speak(chosen: Language): void {
  language.value = chosen;
  keep('language', chosen);
}

effect(() => {
  document.documentElement.lang = words.value.locale;
});

interface Cause {
  readonly code: string;
  readonly desc: string;
  readonly next: string;
}

/** What happened, with the daemon's own words: those name the file and the host. */
export function causeText({ code, desc }: Cause): string {
  const known = language.value === 'zh' ? CAUSES[code] : undefined;
  return known ? `${known.what} · ${desc}` : desc;
}

export function nextText({ code, next }: Cause): string {
  return (language.value === 'zh' ? CAUSES[code]?.next : undefined) ?? next;
}
