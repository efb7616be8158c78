import type { TaskControl } from '../../src/api/rest/node-parts.ts';
import { BftError } from '../../src/core/errors.ts';
import { Daemon } from '../../src/daemon.ts';

/** What the parent asks of the daemon in this process. */
interface Request {
  readonly action: Exclude<keyof TaskControl, 'isPaused'>;
  readonly args: readonly unknown[];
}

const daemon = await Daemon.create(process.argv.at(-1) ?? '');
await daemon.start();
process.on('SIGTERM', () => void daemon.stop().then(() => process.exit(0)));
process.on('message', ({ action, args }: Request) => {
  const act = daemon.control[action] as (...args: readonly unknown[]) => Promise<unknown>;
  act(...args).then(
    answer => process.send?.({ answer }),
    (error: unknown) => process.send?.(error instanceof BftError ? { code: error.code } : { code: String(error) }),
  );
});
