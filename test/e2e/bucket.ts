import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Bucket } from '../../src/transports/obs/bucket.ts';
import { walkPackage } from '../../src/disk/walk.ts';
import type { TestFleet } from './nodes.ts';

/** What users do beside the daemon: files put into the fleet's bucket through the SDK, and the object server told to fail. */
export class TestBucket {
  readonly #fleet: TestFleet;

  constructor(fleet: TestFleet) {
    this.#fleet = fleet;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#fleet.obsPort}`;
  }

  /** Puts a package from disk to `dcps/<name>`; `except` stays out. */
  async put(root: string, name: string, except: readonly string[] = []): Promise<void> {
    const keys = { accessKey: 'TESTKEY', secretKey: 'TESTSECRET', endpoint: this.endpoint };
    const bucket = await Bucket.open(keys, 'cfec-001', 'path');
    for (const { path } of (await walkPackage(root)).files) {
      if (except.includes(path)) continue;
      const body = await readFile(join(root, path));
      const md5 = createHash('md5').update(body).digest();
      const { url, headers } = bucket.signedObject(`dcps/${name}/${path}`, md5, 'foreign');
      const answer = await fetch(url, { method: 'PUT', body, headers });
      assert.equal(answer.status, 200, await answer.text());
    }
    bucket.close();
  }

  async fail(...rules: object[]): Promise<void> {
    const answer = await fetch(`${this.endpoint}/-/faults`, { method: 'PUT', body: JSON.stringify(rules) });
    assert.equal(answer.status, 200, await answer.text());
  }

  /** Requests per operation since the server's start. */
  async requests(operation: string): Promise<number> {
    const counts = (await (await fetch(`${this.endpoint}/-/requests`)).json()) as Record<string, { requests: number }>;
    return counts[operation]?.requests ?? 0;
  }
}
