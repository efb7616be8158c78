import { Type } from 'typebox';
import { defineMethod, requireRole } from '../method.ts';

/** POST /taskfilesquery, BQ rows (4.3.5): whether the torrents and the task file of a package are made. `bytes` and `total` are additive. */
export const taskfilesquery = defineMethod(
  '/taskfilesquery',
  ['taskfilesquery'],
  Type.Object({ dcppath: Type.String(), taskfile: Type.String() }),
  async (node, { dcppath, taskfile }) => {
    const making = await requireRole(node.making, 'taskfilesquery', node)(dcppath, taskfile);
    if (making.state === 'finished') return { ok: true, content: { status: 'finished', desc: 'succeed!' } };
    if (making.state === 'none') {
      return { ok: true, content: { status: 'unfinished', desc: 'no make seed process and not found task.json.' } };
    }
    const { bytes, total } = making;
    return { ok: true, content: { status: 'unfinished', desc: 'process making seed ', bytes, total } };
  },
);
