import assert from 'node:assert/strict';
import type { Answer } from '../e2e/nodes.ts';

const INTERVAL_MS = 1000;
const PATIENCE_MS = 180_000;

/** Sees to it that a bench whose transfer failed, or stands still for minutes, ends and says why. */
export class StallWatch {
  #lookAt = performance.now() + INTERVAL_MS;
  #movedAt = performance.now();
  #bytes: unknown = undefined;

  get isDue(): boolean {
    return performance.now() > this.#lookAt;
  }

  /** Takes what `progress` says. */
  see(content: Answer['return_content']): void {
    const now = performance.now();
    this.#lookAt = now + INTERVAL_MS;
    if (content.downloaded !== this.#bytes) this.#movedAt = now;
    this.#bytes = content.downloaded;
    assert.notEqual(content.status, 'downloaderror', JSON.stringify(content));
    assert.ok(now - this.#movedAt < PATIENCE_MS, `it stands still: ${JSON.stringify(content)}`);
  }
}
