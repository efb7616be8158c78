/** What the protocol's texts say of a task that is paused; its status stays what its directory says. */
export const PAUSED = { desc: 'paused by an operator', code: 'TASK_PAUSED' } as const;
