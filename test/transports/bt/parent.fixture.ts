// A daemon with nothing but an engine, to be killed by lifecycle.test.ts.
import { silentLog } from '../../../src/core/log.ts';
import { BtEngine } from '../../../src/transports/bt/engine.ts';

const engine = new BtEngine({ log: silentLog }, { port: 0 });
await engine.start();
console.log(JSON.stringify({ port: engine.port, pid: engine.pid }));
