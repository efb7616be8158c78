import { METHODS, type Method } from '../parts/methods.ts';
import { RefusalNote } from '../parts/refusal-note.tsx';
import { useRead } from '../parts/attempt.ts';
import { WeekGrid } from '../parts/week-grid.tsx';
import { clockOf, minuteOf } from '../moment.ts';
import { get } from '../state/api.ts';
import { node } from '../state/tasks.ts';
import { words } from '../text/language.ts';
import { type Period, week } from '../week.ts';

interface Timetable {
  readonly window: string;
  readonly open: boolean;
  readonly periods: readonly Period[];
  /** How many follow it; absent of the node's own. */
  readonly tasks?: number;
}

interface Schedule {
  readonly now: string;
  readonly zone: string;
  readonly methods: Record<Method, { own: Timetable | null; timetables: readonly Timetable[]; others: number }>;
}

export function SchedulePage() {
  const t = words.value;
  // Asked again each hour of the node, and when it comes back.
  const { value, refusal } = useRead(
    signal => get<Schedule>('/api/v1/schedule', signal),
    node.value?.now.slice(0, 13) ?? '',
  );
  return (
    <>
      <h1>{t.schedule}</h1>
      <p class="next">
        {t.scheduleLead} {value && `${t.zone(value.zone)}, ${t.now} ${clockOf(value.now)}.`}
      </p>
      <RefusalNote refusal={refusal} />
      {!value && !refusal && <p role="status">{t.loading}</p>}
      {value && METHODS.map(method => <MethodHours key={method} method={method} schedule={value} />)}
    </>
  );
}

function MethodHours({ method, schedule }: { method: Method; schedule: Schedule }) {
  const t = words.value;
  const { own, timetables, others } = schedule.methods[method];
  const shown = own ? [own, ...timetables.filter(({ window }) => window !== own.window)] : timetables;
  return (
    <section class="card">
      <h2>
        <i class={`key ${method}`} />
        {method.toUpperCase()}
      </h2>
      {shown.length === 0 && <p class="next">{t.always}</p>}
      {shown.map(timetable => (
        <Hours key={timetable.window} timetable={timetable} isOwn={timetable === own} now={schedule.now} />
      ))}
      {others > 0 && <p class="next">{t.moreHours(others)}</p>}
    </section>
  );
}

function Hours({ timetable, isOwn, now }: { timetable: Timetable; isOwn: boolean; now: string }) {
  const t = words.value;
  const title = isOwn ? t.ownHours : t.taskHours(timetable.tasks ?? 0);
  return (
    <>
      <h3>
        {title}: <code class="wrap">{timetable.window}</code>{' '}
        <span class={timetable.open ? 'tag good' : 'tag'}>
          {timetable.open ? `● ${t.openNow}` : `○ ${t.closedNow}`}
        </span>
      </h3>
      <WeekGrid days={week(timetable.periods, now)} label={`${title}: ${timetable.window}`} nowMinute={minuteOf(now)} />
    </>
  );
}
