import type { TaskRow } from '../../api/rest/shapes.ts';
import { type BftError, type ErrorCode, ERRORS } from '../../core/errors.ts';
import type { Method } from '../../core/method.ts';
import { formatLocalTime } from '../../core/units.ts';

type Cause = NonNullable<TaskRow['cause']>;
type Action = TaskRow['actions'][number];

/** A method that still has to bring something. */
export interface Owing {
  readonly method: Method;
  /** Why it does not move; undefined: it does, or begins to. */
  readonly notice: BftError | undefined;
  /** When it may move again, ms since the epoch; undefined: it may move. */
  readonly opens: number | undefined;
}

/** What is known of a task that is not over, of whichever direction. */
export interface Facts {
  readonly isPaused: boolean;
  readonly failure: BftError | undefined;
  readonly hasGivenUp: boolean;
  /** ms since the epoch. */
  readonly nextTry: number | undefined;
  /** From 1 on; undefined: it waits for no place. */
  readonly place: number | undefined;
  /** What says how many may run at once, and how many those are. */
  readonly places: { readonly key: string; readonly limit: number };
  /** `complete`: all is here and is checked and put together; `serving`: others may have it. */
  readonly stage: 'moving' | 'complete' | 'serving';
  readonly owing: readonly Owing[];
}

/** What a task does, why it does not move, and when that ends by itself (ms since the epoch). */
export interface Standing {
  readonly status: TaskRow['status'];
  readonly cause: Cause | undefined;
  readonly until: number | undefined;
}

/** What another side does or lacks; all else is wrong here. */
const OF_SOURCES: ReadonlySet<ErrorCode> = new Set([
  'BT_NO_SOURCE',
  'SOURCE_REFUSES',
  'SOURCE_UNREACHABLE',
  'ADDRESS_REFUSED',
  'TLS_REFUSED',
  'WRONG_BYTES',
  'OBS_CREDENTIALS',
  'OBS_REFUSED',
  'OBS_ANSWER',
  'OBS_SIGNED_LIST',
  'OBS_INCOMPLETE',
]);

export const GROUPS: Readonly<Record<TaskRow['status'], TaskRow['group']>> = {
  failed: 'attention',
  retrying: 'attention',
  nosource: 'attention',
  queued: 'waiting',
  window: 'waiting',
  paused: 'waiting',
  making: 'active',
  transferring: 'active',
  verifying: 'active',
  serving: 'active',
  done: 'done',
};

const ACTIONS: Readonly<Record<TaskRow['status'], readonly Action[]>> = {
  failed: ['retry', 'cancel'],
  retrying: ['pause', 'retry', 'cancel', 'limits'],
  nosource: ['pause', 'retry', 'cancel', 'limits'],
  queued: ['pause', 'cancel', 'limits'],
  window: ['pause', 'cancel', 'limits'],
  paused: ['resume', 'cancel', 'limits'],
  making: ['cancel'],
  transferring: ['pause', 'cancel', 'limits'],
  verifying: ['pause', 'cancel'],
  serving: ['pause', 'cancel', 'limits'],
  done: ['cancel'],
};

/** What may be asked of a task. One that moves in spite of some trouble may be tried anew. */
export function actionsOf({ status, cause }: Standing): Action[] {
  const actions = ACTIONS[status];
  return status === 'transferring' && cause ? ['retry', ...actions] : [...actions];
}

export function standingOf(facts: Facts): Standing {
  const { failure, nextTry, place, places, stage } = facts;
  if (facts.isPaused) return standing('paused');
  if (facts.hasGivenUp) return standing('failed', failure && causeOf(failure));
  if (nextTry !== undefined) return standing('retrying', failure && causeOf(failure), nextTry);
  if (place !== undefined) {
    const atOnce = `${places.limit} ${places.limit === 1 ? 'task runs' : 'tasks run'} at once (${places.key})`;
    return standing('queued', cause('TASK_WAITS', `place ${place} in the queue; ${atOnce}`));
  }
  if (stage === 'serving') return standing('serving', failure && causeOf(failure));
  if (stage === 'complete') return standing('verifying');
  return ofMethods(facts.owing) ?? standing('transferring', trouble(facts));
}

export const causeOf = ({ code, message }: BftError): Cause => cause(code, message);

/** Of a task that transfers; undefined while one of its methods moves. */
function ofMethods(owing: readonly Owing[]): Standing | undefined {
  const notices = owing.flatMap(({ notice }) => notice ?? []);
  if (owing.length === 0 || notices.length < owing.length) return undefined;
  const until = firstOpening(owing);
  const troubles = notices.filter(isTrouble);
  if (troubles.length === 0) return standing('window', cause('WINDOW_CLOSED', waiting(owing)), until);
  const ours = troubles.find(({ code }) => !OF_SOURCES.has(code));
  if (ours) return standing('retrying', causeOf(ours), until);
  const first = gravest(troubles);
  const each = owing.map(({ method, notice }) => `${method.toUpperCase()}: ${notice?.message}`).join('; ');
  const desc = `0 of ${troubles.length} ${troubles.length === 1 ? 'source answers' : 'sources answer'}. ${each}`;
  return standing('nosource', first && cause(first.code, desc), until);
}

/** What is wrong with a task although it moves. The failure of the try before counts until something comes. */
function trouble({ owing, failure }: Facts): Cause | undefined {
  const found = owing.filter(({ notice }) => notice && isTrouble(notice));
  const first = gravest(found.flatMap(({ notice }) => notice ?? []));
  const of = found.find(({ notice }) => notice === first);
  if (first && of) return cause(first.code, `${of.method.toUpperCase()}: ${first.message}`);
  return failure && causeOf(failure);
}

/** The times are those of the windows' notices: what waits, and what opens first. */
function waiting(owing: readonly Owing[]): string {
  const names = owing.map(({ method }) => method.toUpperCase()).join(', ');
  const first = owing.toSorted((a, b) => (a.opens ?? Infinity) - (b.opens ?? Infinity))[0];
  const verb = owing.length === 1 ? 'waits for its window' : 'wait for their windows';
  if (first?.opens === undefined) return `${names} ${verb}`;
  const which = owing.length === 1 ? 'it' : first.method.toUpperCase();
  return `${names} ${verb}; ${which} opens at ${formatLocalTime(first.opens)}`;
}

function firstOpening(owing: readonly Owing[]): number | undefined {
  const openings = owing.flatMap(({ opens }) => opens ?? []);
  return openings.length > 0 ? Math.min(...openings) : undefined;
}

const isTrouble = ({ code }: BftError) => code !== 'WINDOW_CLOSED';
/** One that time does not heal comes first. */
const gravest = (errors: readonly BftError[]) => errors.find(({ permanent }) => permanent) ?? errors[0];
const cause = (code: ErrorCode, desc: string): Cause => ({ code, desc, next: ERRORS[code].next });
const standing = (status: Standing['status'], why?: Cause, until?: number): Standing => ({
  status,
  cause: why,
  until,
});
