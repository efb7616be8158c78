import { btFixture } from './bt-fixture.ts';
import { cdnFixture, obsFixture } from './http-fixtures.ts';
import { localFixture } from './local-fixture.ts';
import { memoryFixture } from './memory-fixture.ts';
import { conformance } from './suite.ts';

conformance('the reference adapter in memory', { method: 'cdn', onTheWay: 0, takesSome: true }, memoryFixture);
conformance('local', { method: 'local', onTheWay: 0, takesSome: true }, localFixture);
conformance('cdn', { method: 'cdn', onTheWay: 0, takesSome: true }, cdnFixture);
conformance('obs', { method: 'obs', onTheWay: 0, takesSome: true }, obsFixture);
conformance('bt', { method: 'bt', onTheWay: 200_000, takesSome: false }, btFixture);
