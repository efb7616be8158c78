import type { ApiMethod } from './method.ts';
import { cancel } from './methods/cancel.ts';
import { cprogress } from './methods/cprogress.ts';
import { gentask } from './methods/gentask.ts';
import { limits } from './methods/limits.ts';
import { progress } from './methods/progress.ts';
import { recv } from './methods/recv.ts';
import { send } from './methods/send.ts';
import { sends } from './methods/sends.ts';
import { taskfilesquery } from './methods/taskfilesquery.ts';
import { uploadprogress } from './methods/uploadprogress.ts';

/** The methods, by what people want. */
export const TASKS: Readonly<Record<string, readonly ApiMethod[]>> = {
  'Make a task': [gentask, taskfilesquery],
  'Send it': [send, sends, uploadprogress],
  'Receive it': [recv, progress, cprogress],
  'Slow it down, stop it': [limits, cancel],
};

export const METHODS: readonly ApiMethod[] = Object.values(TASKS).flat();
