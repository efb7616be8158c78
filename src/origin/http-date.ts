const CENTURY = 100;
const FUTURE_YEARS = 50;

/** The three forms of a date, most usual first: IMF-fixdate, RFC 850 with two digits of the year, asctime. */
const FORMS = [
  /^(?<day>\w{3}), (?<date>\d\d) (?<month>\w{3}) (?<year>\d{4}) (?<time>[\d:]{8}) GMT$/,
  /^(?<day>\w{3})\w{0,3}day, (?<date>\d\d)-(?<month>\w{3})-(?<year>\d\d) (?<time>[\d:]{8}) GMT$/,
  /^(?<day>\w{3}) (?<month>\w{3}) (?<date>[ \d]\d) (?<time>[\d:]{8}) (?<year>\d{4})$/,
];

/** A date of a header (RFC 9110, 5.6.7), ms since the epoch; undefined for what is none: such a header is ignored. `now`: ms, to tell the century. */
export function httpDate(text: string | undefined, now = Date.now()): number | undefined {
  const {
    day,
    date = '',
    month,
    year = '',
    time,
  } = FORMS.map(form => form.exec(text ?? '')).find(Boolean)?.groups ?? {};
  const fixed = `${day}, ${date.replace(' ', '0')} ${month} ${fullYear(year, now)} ${time} GMT`;
  const parsed = Date.parse(fixed);
  return !Number.isNaN(parsed) && new Date(parsed).toUTCString() === fixed ? parsed : undefined;
}

/** Two digits that would be more than 50 years ahead are of the past. */
function fullYear(year: string, now: number): string {
  if (year.length !== 2) return year;
  const current = new Date(now).getUTCFullYear();
  const inCentury = current - (current % CENTURY) + Number(year);
  return String(inCentury > current + FUTURE_YEARS ? inCentury - CENTURY : inCentury);
}
