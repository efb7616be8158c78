import { rateText } from '../format.ts';
import { dayText } from '../moment.ts';
import { words } from '../text/language.ts';
import { type Day, MINUTES_OF_DAY, minuteText, type Stretch } from '../week.ts';

const HOURS = [0, 3, 6, 9, 12, 15, 18, 21];
/** Minutes; a shorter stretch has no room for words. */
const ROOM = 180;
const at = (minute: number) => `${(minute / MINUTES_OF_DAY) * 100}%`;

/** Seven days of 24 hours, and the same as a table beside it. */
export function WeekGrid({ days, label, nowMinute }: { days: readonly Day[]; label: string; nowMinute: number }) {
  const t = words.value;
  return (
    <div class="week">
      <div class="grid" role="img" aria-label={label}>
        <div class="hours-head">
          <span />
          <div>
            {HOURS.map(hour => (
              <span key={hour} style={{ left: at(hour * 60) }}>
                {String(hour).padStart(2, '0')}
              </span>
            ))}
          </div>
        </div>
        {days.map(({ date, stretches }, index) => (
          <div class="day" key={date}>
            <span>{dayText(date, t.locale)}</span>
            <div>
              {stretches.map(({ from, to, rate }) => (
                <i
                  key={from}
                  class={rate === null ? 'open' : 'open limited'}
                  style={{ left: at(from), width: at(to - from) }}
                >
                  {rate !== null && to - from >= ROOM && rateText(rate)}
                </i>
              ))}
              {index === 0 && <i class="past" style={{ width: at(nowMinute) }} />}
            </div>
          </div>
        ))}
      </div>
      <WeekTable days={days} />
    </div>
  );
}

function WeekTable({ days }: { days: readonly Day[] }) {
  const t = words.value;
  const rows = days.flatMap(({ date, stretches }) => stretches.map(stretch => ({ date, ...stretch })));
  if (rows.length === 0) return <p class="next">{t.closedWeek}</p>;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={t.schedule}>
      <table class="facts">
        <thead>
          <tr>
            <th scope="col">{t.day}</th>
            <th scope="col">{t.opens}</th>
            <th scope="col">{t.closes}</th>
            <th scope="col" class="number">
              {t.mostRate}
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <StretchRow key={`${row.date} ${row.from}`} date={row.date} stretch={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function StretchRow({ date, stretch: { from, to, rate } }: { date: string; stretch: Stretch }) {
  const t = words.value;
  return (
    <tr>
      <th scope="row">{dayText(date, t.locale)}</th>
      <td>{minuteText(from)}</td>
      <td>{minuteText(to)}</td>
      <td class="number">{rate === null ? t.noLimit : rateText(rate)}</td>
    </tr>
  );
}
