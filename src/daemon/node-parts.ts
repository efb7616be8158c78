import type { NodeApi } from '../api/node.ts';
import type { BucketsFile } from '../config/buckets.ts';
import type { Config } from '../config/schema.ts';
import type { TorrentView } from '../api/torrents.ts';
import type { Clock } from '../core/clock.ts';
import type { Events } from '../core/events.ts';
import type { Startable } from '../core/lifecycle.ts';
import type { Logger } from '../core/log.ts';
import type { Method } from '../core/method.ts';
import type { ReceiverComponents } from '../roles/receiver.ts';
import type { SenderComponents } from '../roles/sender.ts';
import type { SeenRates } from '../roles/seen-rates.ts';
import type { Transports } from '../roles/serving.ts';
import type { Download } from '../roles/torrent-shelf.ts';
import type { BucketSource } from '../transfer/bucket-source.ts';
import type { RateLimits } from '../transfer/rate-limits.ts';
import type { Sides } from './control.ts';
import type { TimetableOf } from './outlook.ts';
import type { Offer } from './overview/sent-rows.ts';
import type { ShownReceiving, ShownSending } from './overview/sides.ts';
import type { TaskStates } from './task-states.ts';

/** What a node is built of, whatever its role. */
export interface NodeComponents {
  readonly current: () => Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly transports: Transports;
  readonly discardUpload: SenderComponents['discardUpload'];
  readonly download: Download;
  readonly source: BucketSource;
  readonly buckets: BucketsFile;
  /** When this node fetches a method's share of a task. Throws TASK_FILE_INVALID. */
  readonly timetableOf: TimetableOf;
  readonly allowed: ReceiverComponents['allowed'];
  readonly isOpen: ReceiverComponents['isOpen'];
  readonly seenRates: SeenRates;
  readonly limits: Pick<RateLimits, 'isMoving' | 'most' | 'of' | 'rates'>;
  /** What the BitTorrent engine fetches and serves. */
  readonly torrents: () => readonly TorrentView[];
  /** How far a method of a sent task is. */
  readonly offer: (name: string, method: Method) => Offer;
}

/** What is told and counted in one place for all roles. */
export interface Shared {
  readonly events: Events;
  readonly states: TaskStates;
}

/** What all roles offer. */
export type CommonApi = Pick<NodeApi, 'ownTimetables' | 'taskCounts' | 'events' | 'control' | 'overview'>;
/** What the composition root adds, whatever the role. */
export type NodeOwnApi = Pick<
  NodeApi,
  'serverType' | 'btPort' | 'torrents' | 'limit' | 'reload' | 'now' | 'operations' | 'config'
>;
export type RoleApi = Omit<NodeApi, keyof NodeOwnApi | keyof CommonApi>;

export interface BuiltRole {
  readonly roles: readonly Startable[];
  readonly api: RoleApi;
  readonly sides: Sides;
  /** What people see of it. */
  readonly shown: { readonly receiving: ShownReceiving; readonly sending?: ShownSending };
  /** Whether the node has a task of this name. */
  readonly hasTask: (name: string) => Promise<boolean>;
  /** Whether the hash table is not used because it was built for another node. */
  readonly isTableForeign: () => boolean;
}
