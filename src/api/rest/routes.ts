import { showConfig } from './config.ts';
import { listEvents } from './events.ts';
import { downloadHistory, showHistory } from './history.ts';
import { listMakings } from './makings.ts';
import { listNodes } from './nodes.ts';
import { receiveTask } from './receive.ts';
import { showReport } from './report.ts';
import type { Route } from './route.ts';
import { showSchedule } from './schedule.ts';
import { showStatus } from './status.ts';
import { streamTask, streamTasks } from './streams.ts';
import { cancelTask, limitTask, pauseTask, resumeTask, retryTask } from './task-actions.ts';
import { listTasks, showTask } from './tasks.ts';
import { listTorrents } from './torrents.ts';

/** All routes of /api/v1, by what people want. */
export const RESOURCES: Readonly<Record<string, readonly Route[]>> = {
  'See the tasks': [listTasks, streamTasks, showTask, streamTask, listEvents, listMakings],
  'Act on a task': [receiveTask, pauseTask, resumeTask, retryTask, cancelTask, limitTask],
  'See what came': [showHistory, downloadHistory, showReport],
  'See the node': [showStatus, listNodes, showSchedule, listTorrents, showConfig],
};

export const ROUTES: readonly Route[] = Object.values(RESOURCES).flat();
