/** What the browser keeps from one visit to the next. Where it may keep nothing (private windows), it lasts as long as the page. */
export function readKept<T extends string>(key: string, values: readonly T[]): T | undefined {
  try {
    return values.find(value => value === localStorage.getItem(`bft.${key}`));
  } catch {
    return undefined;
  }
}

export function keep(key: string, value: string): void {
  try {
    localStorage.setItem(`bft.${key}`, value);
  } catch {
    // Nothing may be kept here: the choice holds until the page goes.
  }
}
