// Moments come as `2026-11-21T20:45:00+08:00`, in the node's own time with its offset: what is written there is shown, whatever the zone of the browser is.

export const dateOf = (moment: string): string => moment.slice(0, 10);
export const clockOf = (moment: string): string => moment.slice(11, 16);

/** Minutes since midnight of the node's day. */
export const minuteOf = (moment: string): number => Number(moment.slice(11, 13)) * 60 + Number(moment.slice(14, 16));

/** `date`: YYYY-MM-DD. */
export function addDays(date: string, days: number): string {
  const day = new Date(`${date}T00:00:00Z`);
  day.setUTCDate(day.getUTCDate() + days);
  return day.toISOString().slice(0, 10);
}

/** `Mon 23 Nov`; of another year than that of `now` (if given) `23 Nov 2025`. */
export function dayText(date: string, locale: string, now = date): string {
  const isThisYear = date.slice(0, 4) === now.slice(0, 4);
  const more = isThisYear ? ({ weekday: 'short' } as const) : ({ year: 'numeric' } as const);
  const format = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short', timeZone: 'UTC', ...more });
  return format.format(new Date(`${date}T00:00:00Z`));
}

/** The clock alone for today, else with the day; `now` is the node's. A dash when there is none. */
export function momentText(moment: string | null, now: string, locale: string): string {
  if (moment === null) return '—';
  const isToday = dateOf(moment) === dateOf(now);
  return isToday ? clockOf(moment) : `${dayText(dateOf(moment), locale, now)} ${clockOf(moment)}`;
}
