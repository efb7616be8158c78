// A sender's upload in a process of its own, to be killed by resume.test.ts.
import { systemClock } from '../../../src/core/clock.ts';
import { silentLog } from '../../../src/core/log.ts';
import { TransferItem } from '../../../src/transfer/item.ts';
import { createHttpClient } from '../../../src/transports/http/client.ts';
import { RangedFetcher } from '../../../src/transports/http/ranged-fetcher.ts';
import { type ObsSettings, ObsTransport } from '../../../src/transports/obs/transport.ts';
import type { ObsKeys, TaskFile } from '../../../src/task/task-file.ts';

export interface UploaderRequest {
  readonly task: TaskFile;
  readonly packagePath: string;
  readonly transferPath: string;
  readonly keys: ObsKeys;
  readonly settings: Pick<ObsSettings, 'partSize' | 'connections' | 'uploadsPath'>;
}

/** Publishes the obs share as a daemon would that has just started. */
export async function upload({ task, packagePath, transferPath, keys, settings }: UploaderRequest): Promise<void> {
  const http = createHttpClient();
  const fetcher = new RangedFetcher(http, () => ({ task: 1, file: 1, host: 1 }));
  const transport = new ObsTransport({ http, fetcher, clock: systemClock, log: silentLog }, () => ({
    ...settings,
    keysOf: () => Promise.resolve(keys),
    urlStyle: 'path',
    upload: 'share',
    needsUpload: true,
    signedHours: 1,
  }));
  const paths = { packagePath, transferPath, isSent: true };
  const item = new TransferItem('cfec-001-film.task.json', task, paths, { full: undefined, tmp: undefined });
  await transport.publish(item, new AbortController().signal);
  await transport.withdraw(item);
}

if (process.argv[1] === import.meta.filename) await upload(JSON.parse(process.argv[2] ?? '') as UploaderRequest);
