import { useEffect } from 'preact/hooks';
import type { TaskDetail } from '../../../api/rest/shapes.ts';
import { Bar } from '../parts/bar.tsx';
import { Events } from '../parts/events.tsx';
import { LimitsForm } from '../parts/limits-form.tsx';
import { NextHours } from '../parts/next-hours.tsx';
import { Peers } from '../parts/peers.tsx';
import { PiecesBar } from '../parts/pieces.tsx';
import { Sources } from '../parts/sources.tsx';
import { StatusLine } from '../parts/status-line.tsx';
import { TaskActions } from '../parts/task-actions.tsx';
import { bytesText, rateText } from '../format.ts';
import { momentText } from '../moment.ts';
import { detail, followTask } from '../state/task.ts';
import { node } from '../state/tasks.ts';
import { words } from '../text/language.ts';

export function TaskPage({ direction, name }: { direction: string; name: string }) {
  const t = words.value;
  useEffect(() => {
    const ended = new AbortController();
    followTask(direction, name, ended.signal);
    return () => ended.abort();
  }, [direction, name]);
  const task = detail.value;
  if (task === null) return <Gone name={name} />;
  // For a moment after a link from one task to another the old one is still there.
  if (!task || task.name !== name || task.direction !== direction) return <p role="status">{t.loading}</p>;
  return <Detail task={task} />;
}

function Gone({ name }: { name: string }) {
  const t = words.value;
  return (
    <div class="card empty">
      <h1 class="wrap">{name}</h1>
      <p>{t.gone}</p>
      <p class="next">{t.goneHint}</p>
      <p>
        <a href="/">{t.toTasks}</a> · <a href="/history">{t.history}</a>
      </p>
    </div>
  );
}

function Detail({ task }: { task: TaskDetail }) {
  return (
    <article class="card detail">
      <h1 class="wrap">
        {task.package} <span class="direction">{words.value[task.direction]}</span>
      </h1>
      <p>
        <StatusLine task={task} />
      </p>
      <Bar task={task} label={task.package} />
      <Figures task={task} />
      <TaskActions task={task} />
      <Sources task={task} />
      {node.value && <NextHours task={task} now={node.value.now} />}
      {task.pieces && <PiecesBar pieces={task.pieces} left={task.left} />}
      <Peers task={task} />
      <Events task={task} />
      {task.actions.includes('limits') && <LimitsForm task={task} />}
      <Facts task={task} />
    </article>
  );
}

function Figures({ task }: { task: TaskDetail }) {
  const t = words.value;
  const text = (moment: string | null) => momentText(moment, node.value?.now ?? '', t.locale);
  const figures = [
    [t.left, task.left > 0 ? bytesText(task.left) : '—'],
    [t.rate, rateText(task.rate)],
    [t.finish, text(task.forecast)],
    ...(task.deadline === null ? [] : [[task.atrisk ? `⚠ ${t.atRisk}` : t.deadline, text(task.deadline)]]),
  ] as const;
  return (
    <dl class="figures">
      {figures.map(
        ([term, value]) =>
          value !== '—' && (
            <div key={term} class={task.atrisk && term?.startsWith('⚠') ? 'risk' : ''}>
              <dt>{term}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  );
}

function Facts({ task }: { task: TaskDetail }) {
  const t = words.value;
  const facts = [
    [t.size, bytesText(task.size)],
    [t.files, String(task.files)],
    [t.ratio, task.ratio],
    [t.policy, task.policy],
    [t.place, task.dcppath],
    [t.taskfile, task.taskfile],
    [t.tracker, task.tracker],
    [t.infohash, task.infohash],
  ] as const;
  return (
    <section>
      <h2>{t.facts}</h2>
      <dl class="list">
        {facts.map(
          ([term, value]) =>
            value !== '' && (
              <div key={term}>
                <dt>{term}</dt>
                <dd class="wrap">{value}</dd>
              </div>
            ),
        )}
      </dl>
    </section>
  );
}
