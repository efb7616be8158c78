import { useEffect, useRef } from 'preact/hooks';
import { HistoryPage } from './pages/history.tsx';
import { LoginPage } from './pages/login.tsx';
import { NodesPage } from './pages/nodes.tsx';
import { SchedulePage } from './pages/schedule.tsx';
import { SettingsPage } from './pages/settings.tsx';
import { TaskPage } from './pages/task.tsx';
import { TasksPage } from './pages/tasks.tsx';
import { Banners } from './parts/banners.tsx';
import { DropZone } from './parts/drop-zone.tsx';
import { Header } from './parts/header.tsx';
import { Help } from './parts/help.tsx';
import { Receive } from './parts/receive.tsx';
import type { Route } from './route.ts';
import { isLive } from './state/feed.ts';
import { route } from './state/location.ts';
import { isTokenNeeded } from './state/session.ts';
import { followTasks, node } from './state/tasks.ts';
import { words } from './text/language.ts';

export function App() {
  const t = words.value;
  const now = route.value;
  const isLocked = isTokenNeeded.value;
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    if (isLocked) return;
    const ended = new AbortController();
    followTasks(ended.signal);
    return () => ended.abort();
  }, [isLocked]);
  useEffect(() => {
    document.title = [titleOf(now), t.title].filter(Boolean).join(' · ');
  }, [now, t]);
  useEffect(() => {
    // Who came by keyboard or listens is to be on the new page, not at the link of the old one.
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
  }, [now]);
  return (
    <>
      <Header />
      <Banners />
      <main id="content" ref={main} tabIndex={-1} class={isLive.value ? '' : 'stale'}>
        {isLocked ? <LoginPage /> : <Page route={now} />}
      </main>
      <footer>{node.value && `${t.zone(node.value.zone)} · bft ${node.value.version}`}</footer>
      <DropZone />
      <Receive />
      <Help />
    </>
  );
}

function titleOf(route: Route): string {
  if (route.page === 'task') return route.name;
  return route.page === 'unknown' ? words.value.unknownPage : words.value[route.page];
}

function Page({ route }: { route: Route }) {
  switch (route.page) {
    case 'tasks':
      return <TasksPage />;
    case 'task':
      return <TaskPage direction={route.direction} name={route.name} />;
    case 'schedule':
      return <SchedulePage />;
    case 'nodes':
      return <NodesPage />;
    case 'history':
      return <HistoryPage />;
    case 'settings':
      return <SettingsPage />;
    case 'unknown':
      return <UnknownPage />;
  }
}

function UnknownPage() {
  const t = words.value;
  return (
    <div class="card empty">
      <h1>{t.unknownPage}</h1>
      <p>
        <a href="/">{t.toTasks}</a>
      </p>
    </div>
  );
}
