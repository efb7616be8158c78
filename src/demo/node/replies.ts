import { Type } from 'typebox';
import { parseJson } from '../../core/json.ts';
import { type Validation, validator } from '../../core/validate.ts';
import { DemoFailure } from '../failure.ts';

const amount = Type.Number({ minimum: 0 });

const methodProgress = Type.Object({
  state: Type.String(),
  bytes: amount,
  total: amount,
  rate: amount,
  sources: Type.Optional(Type.Record(Type.String(), amount)),
  trouble: Type.Optional(Type.String()),
});

/** The answer of every POST API (BE-02). */
const envelope = Type.Object({
  return_status: Type.Unsafe<'true' | 'false'>({ type: 'string', enum: ['true', 'false'] }),
  return_content: Type.Object({
    desc: Type.Optional(Type.String()),
    code: Type.Optional(Type.String()),
    status: Type.Optional(Type.String()),
    taskfile: Type.Optional(Type.String()),
    obsstatus: Type.Optional(Type.String()),
    detail: Type.Optional(Type.String()),
    downerror: Type.Optional(Type.String()),
    methods: Type.Optional(Type.Partial(Type.Object({ bt: methodProgress, obs: methodProgress, cdn: methodProgress }))),
  }),
});

const status = Type.Object({ servertype: Type.String(), btport: Type.Integer() });

const checks = { envelope: validator(envelope), status: validator(status) };

export type Envelope = Type.Static<typeof envelope>;
export type Content = Envelope['return_content'];
export type MethodProgress = Type.Static<typeof methodProgress>;
export type NodeStatus = Type.Static<typeof status>;

export const readEnvelope = (text: string): Envelope => read(text, checks.envelope);
export const readStatus = (text: string): NodeStatus => read(text, checks.status);

function read<T>(text: string, check: (value: unknown) => Validation<T>): T {
  const result = check(parsed(text));
  if (result.problems.length === 0 && 'value' in result) return result.value;
  throw notTheProtocol(text, result.problems.join('; '));
}

function parsed(text: string): unknown {
  try {
    return parseJson(text);
  } catch (cause) {
    throw notTheProtocol(text, 'not JSON', cause);
  }
}

function notTheProtocol(text: string, why: string, cause?: unknown): DemoFailure {
  return new DemoFailure(`an answer is not as the protocol says: ${why}: ${text.slice(0, 300)}`, { cause });
}
