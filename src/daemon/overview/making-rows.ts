import { basename, dirname } from 'node:path';
import type { MakingEntry } from '../../api/node.ts';
import type { GentaskRequest } from '../../task/gentask-request.ts';
import { deadlineOf } from '../../task/deadline.ts';
import type { TaskFile } from '../../task/task-file.ts';
import { type AgedRow, taskRow } from './row.ts';
import { causeOf, type Standing } from './standing.ts';

type Request = Pick<GentaskRequest, 'btobscdn' | 'policy' | 'basesubdir' | 'deadline'>;

export interface MakingRowsComponents {
  readonly makings: () => readonly MakingEntry[];
  /** What was asked for, by the package's path. */
  readonly requestOf: (dcppath: string) => Request | undefined;
  /** bt-obs-cdn and priorpolicy: what holds where nothing is asked for. */
  readonly defaults: () => { readonly ratio: string; readonly policy: string };
}

/** Tasks that are being made, and those whose making failed: their bytes are the hashed ones. None of those that a person cancelled. */
export function makingRows({ makings, requestOf, defaults }: MakingRowsComponents): AgedRow[] {
  return makings().flatMap(entry => {
    if (entry.failure?.code === 'TASK_CANCELLED') return [];
    const request = requestOf(entry.dcppath);
    const { ratio, policy } = defaults();
    const task = {
      name: basename(entry.dcppath),
      basesubdir: request?.basesubdir || basename(dirname(dirname(entry.dcppath))),
      'bt-obs-cdn': request?.btobscdn || ratio,
      policy: request?.policy || policy,
    };
    const row = taskRow({
      direction: 'sent',
      name: entry.name,
      state: 'making',
      task,
      size: entry.total,
      // Which method will have which file is not known before.
      amounts: {},
      standing: standing(entry),
      prospect: { deadline: deadlineOf({ deadline: request?.deadline ?? '' } as TaskFile), ...UNKNOWN },
    });
    const bytes = { local: 0, bytes: entry.bytes, left: entry.total - entry.bytes, rate: entry.rate };
    return [{ row: { ...row, ...bytes, ...(entry.failure ? { actions: [] } : {}) }, age: Number.MAX_VALUE }];
  });
}

const UNKNOWN = { forecast: { end: undefined, earliest: 0 }, isAtRisk: false } as const;

/** It is not tried again by itself. */
function standing({ failure }: MakingEntry): Standing {
  if (!failure) return { status: 'making', cause: undefined, until: undefined };
  return { status: 'failed', cause: causeOf(failure), until: undefined };
}
