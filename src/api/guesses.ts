import type { Clock } from '../core/clock.ts';
import { BftError } from '../core/errors.ts';

/** So many wrong tokens cost nothing: people paste the wrong one. */
const FREE = 5;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
const FORGET_MS = 15 * 60_000;
/** With more of them the oldest are forgotten. */
const MOST_ADDRESSES = 1024;

interface Wrong {
  readonly count: number;
  /** Monotonic, ms. */
  readonly at: number;
}

/** Who guesses tokens is slowed down: after a few wrong ones each takes a pause of the address, from 1 s, doubled each time, up to a minute. */
export class Guesses {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #wrong = new Map<string, Wrong>();

  constructor({ clock }: { clock: Pick<Clock, 'monotonic'> }) {
    this.#clock = clock;
  }

  /** Throws TOO_MANY_TRIES while a pause lasts, whatever would be tried, and UNAUTHORISED when it is not `isRight`. */
  check(address: string, isRight: () => boolean): void {
    const who = networkOf(address);
    const now = this.#clock.monotonic();
    const known = this.#known(who, now);
    const pause = known ? known.at + pauseAfter(known.count) - now : 0;
    if (pause > 0) {
      const seconds = Math.ceil(pause / 1000);
      throw new BftError('TOO_MANY_TRIES', `too many wrong tokens from ${address}: wait ${seconds} s`, {
        retryAfterMs: seconds * 1000,
      });
    }
    this.#wrong.delete(who);
    if (isRight()) return;
    this.#wrong.set(who, { count: (known?.count ?? 0) + 1, at: now });
    for (const oldest of this.#wrong.keys()) {
      if (this.#wrong.size <= MOST_ADDRESSES) break;
      this.#wrong.delete(oldest);
    }
    throw new BftError('UNAUTHORISED', 'the token is missing or wrong');
  }

  #known(who: string, now: number): Wrong | undefined {
    const known = this.#wrong.get(who);
    return known && now - known.at < FORGET_MS ? known : undefined;
  }
}

const pauseAfter = (count: number) =>
  count < FREE ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (count - FREE), LONGEST_PAUSE_MS);

/** Of IPv6 the first half: the rest is free to choose for who has the line. */
function networkOf(address: string): string {
  if (!address.includes(':') || address.startsWith('::ffff:')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':');
  const zeros = tail === undefined ? [] : ['0', '0', '0', '0'];
  return [...groups, ...zeros].slice(0, 4).join(':');
}
