import type { HistoryPage, HistoryRow, NodesPage, NodeSummary, TaskDetail, TaskRow } from './shapes.ts';

export type Direction = TaskRow['direction'];

/** What the pages of /api/v1 see of the daemon. Names are those of task files; everything throws TASK_UNKNOWN for one that is not here. */
export interface Overview {
  summary(): Promise<NodeSummary>;
  /** All but history: what needs attention first, then active, waiting, done; each oldest first. */
  tasks(): Promise<readonly TaskRow[]>;
  /** Without a direction the received one comes first (BX-02). */
  task(name: string, direction?: Direction): Promise<TaskDetail>;
  /** Latest first. */
  history(query: {
    readonly before?: string;
    readonly limit: number;
    readonly direction?: Direction;
  }): Promise<HistoryPage>;
  /** All of it, for a file. */
  historyRows(): AsyncIterable<HistoryRow>;
  others(): Promise<NodesPage['others']>;
}

/** What people do to a task. Durable when it resolves. Throws TASK_UNKNOWN, and TASK_STATE_UNFIT when the task is in no state for it. */
export interface TaskControl {
  /** It stops within a second and stays where it is, also over restarts, until it is resumed; what it has brought is kept. */
  pause(direction: Direction, name: string): Promise<void>;
  resume(direction: Direction, name: string): Promise<void>;
  /** Tries at once what failed, whether it waits for its next try or has given up. */
  retry(direction: Direction, name: string): Promise<void>;
  /** Decision 14; `files` also deletes what is here of the package: its partial data always goes, the package in the storage only then. */
  cancel(direction: Direction, name: string, options: { readonly files: boolean }): Promise<void>;
  isPaused(direction: Direction, name: string): boolean;
  /** Receives a task file given as text. Resolves with its name and the protocol's success text. Throws what recv throws. */
  receive(taskFile: string): Promise<{ readonly name: string; readonly desc: string }>;
}

/** The delivery report of a task that was received. */
export interface Reports {
  /** Undefined: there is none. */
  report(name: string): Promise<{ readonly json: object; readonly text: string } | undefined>;
}
