// HTTP/1.1 gives a browser six connections to a host, and a stream holds one for good: with one stream per window the seventh window would hang. So all
// windows together hold at most four; the others ask again and again instead.

const MOST = 4;
const ANSWERS_MS = 150;

interface Word {
  readonly kind: 'ask' | 'taken';
  readonly by: number;
}

/** Own streams; those that are still asking have a turn, the lower ones go first. */
const held = new Set<number>();
const asking = new Set<number>();
const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('bft.streams') : undefined;
let othersFound: ((by: number) => void) | undefined;

channel?.addEventListener('message', ({ data }: MessageEvent<Word>) => {
  if (data.kind === 'taken') othersFound?.(data.by);
  else for (const turn of turnsBefore(data.by)) channel.postMessage({ kind: 'taken', by: turn } satisfies Word);
});

const turnsBefore = (by: number) => [...held, ...[...asking].filter(turn => turn < by)];

/** Resolves with what gives the place back, or with undefined when all are taken. */
export async function takeStreamSlot(): Promise<(() => void) | undefined> {
  const turn = Math.random();
  const others = new Set<number>(held);
  asking.add(turn);
  const before = othersFound;
  othersFound = by => {
    before?.(by);
    others.add(by);
  };
  channel?.postMessage({ kind: 'ask', by: turn } satisfies Word);
  await new Promise(resolve => setTimeout(resolve, ANSWERS_MS));
  asking.delete(turn);
  if (asking.size === 0) othersFound = undefined;
  if (others.size >= MOST) return undefined;
  held.add(turn);
  return () => held.delete(turn);
}
