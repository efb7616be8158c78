const BAN_MS = 5 * 60_000;
/** So many ids of one host that lied are one liar who changes its id. */
const LIARS_OF_HOST = 4;
const MOST_HOSTS = 1024;

/**
 * Who sent wrong bytes and is not spoken to for a while (for ever would be wrong: its disk may be repaired). An id is whatever a peer says: it bans
 * only together with the host that used it, or else a liar that borrows the id of an honest peer would have that one banned.
 */
export class Bans {
  readonly #now: () => number;
  /** By host, oldest first: ids and when their ban ends, monotonic ms. */
  readonly #hosts = new Map<string, Map<string, number>>();

  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  add(host: string, id: string): void {
    this.#expire();
    const ids = this.#hosts.get(host) ?? new Map<string, number>();
    ids.delete(id);
    ids.set(id, this.#now() + BAN_MS);
    this.#hosts.delete(host);
    this.#hosts.set(host, ids);
    dropOldest(ids, LIARS_OF_HOST);
    dropOldest(this.#hosts, MOST_HOSTS);
  }

  has(host: string, id: string): boolean {
    const now = this.#now();
    const ids = [...(this.#hosts.get(host) ?? [])].filter(([, end]) => now < end).map(([banned]) => banned);
    return ids.length >= LIARS_OF_HOST || ids.includes(id);
  }

  #expire(): void {
    const now = this.#now();
    for (const [host, ids] of this.#hosts) {
      for (const [id, end] of ids) if (end <= now) ids.delete(id);
      if (ids.size === 0) this.#hosts.delete(host);
    }
  }
}

function dropOldest(map: Map<string, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
