import { signal } from '@preact/signals';

/** The node asked for its token: nothing else is shown until it has it. */
export const isTokenNeeded = signal(false);

export function needToken(): void {
  isTokenNeeded.value = true;
}

export function signedIn(): void {
  isTokenNeeded.value = false;
}
