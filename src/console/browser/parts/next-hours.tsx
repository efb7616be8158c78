import type { TaskDetail } from '../../../api/rest/shapes.ts';
import { rateText } from '../format.ts';
import { clockOf } from '../moment.ts';
import { words } from '../text/language.ts';
import { METHODS, type Method } from './methods.ts';

const DAY_MS = 24 * 3_600_000;
const TICKS = [0, 6, 12, 18];
/** Narrower than this part of the day a stretch has no room for words. */
const ROOM = 0.16;

/** When each method may fetch in the next 24 hours, by the clock of the node. */
export function NextHours({ task, now }: { task: TaskDetail; now: string }) {
  const t = words.value;
  const used = METHODS.filter(method => task.methods[method].total > 0 && task.methods[method].window !== '');
  if (used.length === 0) return null;
  return (
    <section>
      <h2>{t.windows}</h2>
      {used.map(method => (
        <Line key={method} method={method} share={task.methods[method]} now={now} />
      ))}
      <div class="hours ticks" aria-hidden="true">
        <span />
        <div>
          {TICKS.map(hour => (
            <span key={hour} style={{ left: `${(hour / 24) * 100}%` }}>
              {hour === 0 ? t.now : hourText(now, hour)}
            </span>
          ))}
        </div>
      </div>
    </section>
  );
}

/** By the hour of the node's clock `hours` from now. */
function hourText(now: string, hours: number): string {
  const minute = now.slice(14, 16);
  return `${String((Number(now.slice(11, 13)) + hours) % 24).padStart(2, '0')}:${minute}`;
}

function Line({ method, share, now }: { method: Method; share: TaskDetail['methods'][Method]; now: string }) {
  const t = words.value;
  const texts = share.periods.map(({ opens, closes, rate }) =>
    t.openTo(clockOf(opens), clockOf(closes), rate === null ? '' : t.limited(rateText(rate))),
  );
  return (
    <div class="hours">
      <span>
        <i class={`key ${method}`} />
        {method.toUpperCase()}
      </span>
      <div role="img" aria-label={`${method}: ${texts.join('; ') || t.closedAllDay}`}>
        {share.periods.map(({ opens, closes }, index) => {
          const from = Math.max(0, (Date.parse(opens) - Date.parse(now)) / DAY_MS);
          const to = Math.min(1, (Date.parse(closes) - Date.parse(now)) / DAY_MS);
          if (!(to > from)) return null;
          return (
            <i class="open" key={opens} style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }}>
              {to - from > ROOM && texts[index]}
            </i>
          );
        })}
      </div>
    </div>
  );
}
