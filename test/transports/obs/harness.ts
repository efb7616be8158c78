import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type Clock, systemClock } from '../../../src/core/clock.ts';
import { type Logger, silentLog } from '../../../src/core/log.ts';
import type { ObsKeys } from '../../../src/task/task-file.ts';
import type { Limiter } from '../../../src/transfer/rate-limits.ts';
import { createHttpClient, type HttpClient } from '../../../src/transports/http/client.ts';
import { RangedFetcher } from '../../../src/transports/http/ranged-fetcher.ts';
import { type ObsSettings, ObsTransport } from '../../../src/transports/obs/transport.ts';
import {
  ACCESS_KEY,
  BUCKET,
  type RunningServer,
  SECRET_KEY,
  send,
  startServer,
  textsOf,
} from '../../devserver/harness.ts';

export const PREFIX = 'dcps/film';
export const OBS_URL = `obs://${BUCKET}/${PREFIX}`;
/** The smallest that OBS takes. */
export const PART = 102_400;

/** A rule of the object server: what it answers to an operation, so many times or always. */
export const statusFault = (operation: string, status: number, code: string, times: number | null = null) => ({
  match: { operation },
  times,
  fault: { kind: 'status', status, code },
});

/** Pauses before the next try are skipped. */
const hurried: Clock = { ...systemClock, sleep: async (_, signal) => signal?.throwIfAborted() };

/** The object server, and what a test does with it behind the transport's back. */
export class ObsFixture {
  readonly server: RunningServer;

  private constructor(server: RunningServer) {
    this.server = server;
  }

  static async start(options: { clock?: Clock } = {}): Promise<ObsFixture> {
    return new ObsFixture(await startServer(options));
  }

  /** Where what is known of unfinished uploads lies; it outlives a transport as it would outlive a daemon. */
  get uploadsPath(): string {
    return join(this.server.root, 'uploads-of-the-sender');
  }

  get keys(): ObsKeys {
    return { accessKey: ACCESS_KEY, secretKey: SECRET_KEY, endpoint: this.server.url };
  }

  transport(
    { keys = this.keys, ...changes }: Partial<ObsSettings> & { keys?: ObsKeys | null } = {},
    parts: { clock?: Clock; http?: HttpClient; limits?: Limiter; log?: Logger } = {},
  ): ObsTransport {
    const { http = createHttpClient() } = parts;
    const settings: ObsSettings = {
      keysOf: () => Promise.resolve(keys ?? undefined),
      urlStyle: 'path',
      upload: 'share',
      needsUpload: true,
      partSize: PART,
      connections: 4,
      uploadsPath: this.uploadsPath,
      signedHours: 24,
      ...changes,
    };
    const fetcher = new RangedFetcher(http, () => ({ task: 4, file: 4, host: 8 }));
    return new ObsTransport({ fetcher, clock: hurried, log: silentLog, ...parts, http }, () => settings);
  }

  async setFaults(...rules: object[]): Promise<void> {
    const body = JSON.stringify(rules);
    const { status, text } = await send(this.server.port, { method: 'PUT', path: '/-/faults', body, dialect: 'none' });
    assert.equal(status, 200, text);
  }

  /** Requests per operation since the last call. */
  async takeCounts(): Promise<Record<string, number>> {
    const { text } = await send(this.server.port, { path: '/-/requests', dialect: 'none' });
    await send(this.server.port, { method: 'DELETE', path: '/-/requests', dialect: 'none' });
    const counts = Object.entries(JSON.parse(text) as Record<string, { requests: number }>);
    return Object.fromEntries(counts.map(([operation, { requests }]) => [operation, requests]));
  }

  /** Like `takeCounts`, without forgetting. */
  async countOf(operation: string): Promise<number> {
    const { text } = await send(this.server.port, { path: '/-/requests', dialect: 'none' });
    return (JSON.parse(text) as Record<string, { requests: number } | undefined>)[operation]?.requests ?? 0;
  }

  /** Keys in the bucket, sorted. */
  async keysInBucket(): Promise<string[]> {
    return textsOf(await send(this.server.port, { path: `/${BUCKET}` }), 'Key').toSorted();
  }

  /** Keys of uploads that were neither completed nor aborted. */
  async unfinished(): Promise<string[]> {
    return textsOf(await send(this.server.port, { path: `/${BUCKET}?uploads` }), 'Key');
  }

  async object(file: string): Promise<Buffer> {
    const path = `/${BUCKET}/${PREFIX}/${file.split('/').map(encodeURIComponent).join('/')}`;
    const { status, body, text } = await send(this.server.port, { path });
    assert.equal(status, 200, text);
    return body;
  }

  /** Empties the bucket, of what was left behind too. */
  async clear(): Promise<void> {
    await this.setFaults();
    const pathOf = (key: string) => `/${BUCKET}/${key.split('/').map(encodeURIComponent).join('/')}`;
    for (const key of await this.keysInBucket()) await send(this.server.port, { method: 'DELETE', path: pathOf(key) });
    const uploads = await send(this.server.port, { path: `/${BUCKET}?uploads` });
    const ids = textsOf(uploads, 'UploadId');
    for (const [index, key] of textsOf(uploads, 'Key').entries()) {
      await send(this.server.port, { method: 'DELETE', path: `${pathOf(key)}?uploadId=${ids[index]}` });
    }
    await this.takeCounts();
  }
}
