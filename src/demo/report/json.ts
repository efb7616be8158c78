import { METHODS, type Method } from '../../core/method.ts';
import type { Options } from '../options.ts';
import { type Outcome, succeeded } from './outcome.ts';
import { actualRatio, ratioText } from './ratio.ts';

/** The one object of `--json`. Bytes of the methods are what all receivers together got by them. */
export interface JsonReport {
  readonly ok: boolean;
  readonly source: string;
  readonly bytes: number;
  readonly files: number;
  readonly seconds: number;
  readonly ratio: { readonly target: string; readonly actual: string };
  readonly methods: Readonly<Record<Method, { readonly bytes: number }>>;
  readonly receivers: readonly {
    readonly name: string;
    readonly ok: boolean;
    /** Every file was read again and equals the source, and nothing else is there. */
    readonly verified: boolean;
    readonly seconds: number;
  }[];
  /** Only when the demo could not run to its end, or found differences: why. */
  readonly error?: string;
}

export function jsonReport(outcome: Outcome): JsonReport {
  const { source, bytes, files, seconds, ratio, methods, receivers } = outcome;
  const differences = receivers.flatMap(({ name, differences }) => differences.map(text => `${name}: ${text}`));
  return {
    ok: succeeded(outcome),
    source,
    bytes,
    files,
    seconds: rounded(seconds),
    ratio: { target: ratioText(ratio), actual: actualRatio(methodBytes(methods), ratio) },
    methods: { bt: { bytes: methods.bt.bytes }, obs: { bytes: methods.obs.bytes }, cdn: { bytes: methods.cdn.bytes } },
    receivers: receivers.map(({ name, differences, seconds }) => {
      const equal = differences.length === 0;
      return { name, ok: equal, verified: equal, seconds: rounded(seconds) };
    }),
    ...(differences.length === 0 ? {} : { error: differences.slice(0, 20).join('; ') }),
  };
}

/** The object of a demo that ended early. */
export function jsonFailure({ source, ratio }: Options, seconds: number, error: string): JsonReport {
  const nothing = { bytes: 0 };
  return {
    ok: false,
    source: source ?? 'synthetic',
    bytes: 0,
    files: 0,
    seconds: rounded(seconds),
    ratio: { target: ratioText(ratio), actual: actualRatio({ bt: 0, obs: 0, cdn: 0 }, ratio) },
    methods: { bt: nothing, obs: nothing, cdn: nothing },
    receivers: [],
    error,
  };
}

function methodBytes(methods: Outcome['methods']): Record<Method, number> {
  const bytes = { bt: 0, obs: 0, cdn: 0 };
  for (const method of METHODS) bytes[method] = methods[method].bytes;
  return bytes;
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
