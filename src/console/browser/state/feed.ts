import { signal } from '@preact/signals';
import { Refusal } from './api.ts';
import { takeStreamSlot } from './stream-slots.ts';

const POLL_MS = 2000;
/** A stream that says nothing for so long is asked after. */
const QUIET_MS = 20_000;

export interface Feed {
  /** Path of the event stream. */
  readonly stream: string;
  /** Asks for everything once. Throws Refusal. */
  readonly poll: (signal: AbortSignal) => Promise<void>;
  /** Event → what to do with its data and number; false: something was missed. */
  readonly events: Readonly<Record<string, (data: unknown, number: number) => boolean | void>>;
}

/** False while the daemon does not answer: what is shown is old. */
export const isLive = signal(true);

/** Follows until `ended`: by the stream while one can be had, else by asking again and again. Never while the window is hidden. */
export function follow(feed: Feed, ended: AbortSignal): void {
  let visit = new AbortController();
  const begin = () => {
    visit.abort();
    visit = new AbortController();
    if (document.visibilityState === 'visible') void run(feed, AbortSignal.any([visit.signal, ended]));
  };
  document.addEventListener('visibilitychange', begin, { signal: ended });
  begin();
}

async function run(feed: Feed, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const isFresh = await poll(feed, signal);
    const wasOpen = isFresh && (await listenWithSlot(feed, signal));
    // A stream that broke is asked after at once, one that was refused later.
    if (!wasOpen) await pause(POLL_MS, signal);
  }
}

async function poll(feed: Feed, signal: AbortSignal): Promise<boolean> {
  try {
    await feed.poll(signal);
    isLive.value = true;
    return true;
  } catch (error) {
    if (!signal.aborted && error instanceof Refusal && isSilence(error.status)) isLive.value = false;
    return false;
  }
}

/** Nothing came back, or a proxy says that the daemon is not there. */
const isSilence = (status: number) => status === 0 || status >= 500;

async function listenWithSlot(feed: Feed, signal: AbortSignal): Promise<boolean> {
  const giveBack = await takeStreamSlot();
  if (!giveBack) return false;
  try {
    return !signal.aborted && (await listen(feed, signal));
  } finally {
    giveBack();
  }
}

/** Resolves when the stream is over: true if it ever was open. */
function listen(feed: Feed, signal: AbortSignal): Promise<boolean> {
  return new Promise(resolve => {
    const source = new EventSource(feed.stream);
    let wasOpen = false;
    let quiet = 0;
    const end = () => {
      source.close();
      clearTimeout(quiet);
      signal.removeEventListener('abort', end);
      resolve(wasOpen);
    };
    const wait = () => {
      clearTimeout(quiet);
      quiet = setTimeout(() => void poll(feed, signal).then(isFresh => (isFresh ? wait() : end())), QUIET_MS);
    };
    for (const [event, take] of Object.entries(feed.events)) {
      source.addEventListener(event, ({ data, lastEventId }: MessageEvent<string>) => {
        wasOpen = true;
        isLive.value = true;
        wait();
        if (take(JSON.parse(data), Number(lastEventId)) === false) end();
      });
    }
    source.addEventListener('error', end);
    signal.addEventListener('abort', end);
    wait();
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end);
  });
}
