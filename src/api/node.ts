import type { BftError } from '../core/errors.ts';
import type { TaskEvent } from '../core/events.ts';
import type { Method } from '../core/method.ts';
import type { GentaskRequest } from '../task/gentask-request.ts';
import type { Forecast } from '../task/forecast.ts';
import type { Timetable } from '../task/timetable.ts';
import type { Overview, Reports, TaskControl } from './rest/node-parts.ts';
import type { ConfigPage } from './rest/shapes.ts';
import type { Operations } from './operations.ts';
import type { TorrentView } from './torrents.ts';

/** What the API sees of the daemon. daemon.ts fills it in by role; what a role lacks is undefined. */
export interface NodeApi {
  readonly serverType: string;
  /** Port that the BitTorrent engine listens on. */
  readonly btPort: () => number;
  /** What the BitTorrent engine fetches and serves. */
  readonly torrents: () => readonly TorrentView[];
  /** What waits and runs on the receiving side, in the order of the report. */
  readonly schedules: () => Promise<readonly ScheduledTask[]>;
  /** The hours that this node keeps for a method whatever its tasks say. */
  readonly ownTimetables: () => Readonly<Partial<Record<Method, Timetable>>>;
  readonly taskCounts: () => Promise<readonly TaskCount[]>;
  /** The latest ones with a greater number, oldest first. */
  readonly events: (since: number) => readonly TaskEvent[];
  readonly operations: Operations;
  readonly reports: Reports;
  /** Reads the configuration again; on failure the old one stays. */
  readonly reload: () => Promise<void>;
  readonly now: () => number;
  /** The configuration in force, secrets masked. */
  readonly config: () => ConfigPage;
  readonly overview: Overview;
  readonly control: TaskControl;
  readonly send?: (taskFile: string, reactive: boolean) => Promise<string>;
  readonly recv?: (taskFile: string, reactive: boolean) => Promise<string>;
  /** Limits of one task, bytes/s, 0: none; what is left out is the configuration's. Resolves with those in force. Throws TASK_UNKNOWN. */
  readonly limit: (name: string, limits: Partial<LimitsView>) => Promise<LimitsView>;
  readonly cancel?: (name: string) => Promise<boolean>;
  /** Resolves true when everything is made already, false when it goes on in the background. */
  readonly gentask?: (request: GentaskRequest) => Promise<boolean>;
  /** gentask and, when that is done, send. Resolves like `gentask`. */
  readonly sends?: (request: GentaskRequest) => Promise<boolean>;
  readonly making?: (dcpPath: string, taskFile: string) => Promise<MakingView>;
  readonly makings?: () => readonly MakingEntry[];
  readonly uploadProgress?: (name: string) => Promise<UploadView>;
  readonly downloadProgress?: (name: string) => Promise<DownloadView>;
  readonly cacheProgress?: (name: string) => Promise<CacheView>;
}

interface LimitsView {
  readonly down: number;
  readonly up: number;
}

/** `incomplete`: one of torrent and task file is there, and nothing is being made. */
export type MakingView =
  | ({ readonly state: 'making' } & MakingProgress)
  | { readonly state: 'finished' }
  | { readonly state: 'incomplete' | 'none' };

/** Bytes of all, bytes per second, and seconds that are left (undefined: nothing moves). */
interface MakingProgress {
  readonly bytes: number;
  readonly total: number;
  readonly rate: number;
  readonly left: number | undefined;
}

/** A task that is being made, or whose last making failed. `name` is the task file's. */
export interface MakingEntry extends MakingProgress {
  readonly name: string;
  readonly taskfile: string;
  readonly dcppath: string;
  readonly failure: BftError | undefined;
}

export type ShareView =
  | { readonly state: 'available' }
  | { readonly state: 'unavailable'; readonly reason: string }
  | { readonly state: 'uploading'; readonly bytes: number; readonly total: number };

export interface UploadView {
  readonly path: string;
  readonly state: 'queues' | 'uploading' | 'uploaded' | 'history' | 'error';
  readonly error: BftError | undefined;
  readonly isPaused: boolean;
  /** Only methods with a share. */
  readonly methods: Readonly<Partial<Record<Method, ShareView>>>;
}

/** One method of a running or finished transfer. Bytes are verified ones. */
export interface MethodView {
  readonly state: string;
  readonly bytes: number;
  readonly total: number;
  /** Bytes per second. */
  readonly rate: number;
  readonly wasted: number;
  /** Bytes by `host:port`. */
  readonly sources: Readonly<Record<string, number>>;
  /** Of them, those that were wrong. */
  readonly wastedby: Readonly<Record<string, number>>;
  /** Why it does not move, '' when it does. */
  readonly trouble: string;
}

export interface DownloadView {
  readonly path: string;
  readonly state: 'queues' | 'downloading' | 'downloaderror' | 'downloaded' | 'history';
  /** Final storage, '' until the package is there. */
  readonly packagePath: string;
  readonly error: BftError | undefined;
  readonly size: number;
  /** Bytes that were here already. */
  readonly localSame: number;
  readonly isSeeding: boolean;
  readonly isPaused: boolean;
  /** As the task has it, '' without. */
  readonly deadline: string;
  /** When it will be here, ms since the epoch; undefined: not known, or here already. */
  readonly forecast: number | undefined;
  readonly isAtRisk: boolean;
  /** Until when it waits, when all that is still to come waits for a window; else ''. */
  readonly waits: string;
  readonly methods: Readonly<Record<Method, MethodView>>;
}

export interface CacheView {
  readonly isServing: boolean;
  readonly directory: string;
  readonly error: BftError | undefined;
  readonly isPaused: boolean;
  readonly bt: MethodView;
}

/** A task of the receiving side and when it moves. */
export interface ScheduledTask {
  /** Of the task file. */
  readonly name: string;
  /** False: it waits in the queue. */
  readonly isDownloading: boolean;
  /** bt:obs:cdn */
  readonly ratio: string;
  readonly policy: 'fulltime' | 'priortime';
  /** ms since the epoch; undefined: none. */
  readonly deadline: number | undefined;
  readonly forecast: Forecast;
  /** It will miss its deadline, or has missed it unfinished. */
  readonly isAtRisk: boolean;
  /** Only methods with a share. */
  readonly methods: Readonly<Partial<Record<Method, ScheduledShare>>>;
}

/** What a method does for it. */
export interface ScheduledShare {
  /** When the node fetches it. */
  readonly window: Timetable;
  /** Bytes per second, now. */
  readonly rate: number;
  /** Verified bytes, and those to fetch. */
  readonly bytes: number;
  readonly total: number;
}

/** How many tasks lie in a state. */
export interface TaskCount {
  readonly direction: 'sent' | 'received';
  readonly state: string;
  readonly tasks: number;
}
