import { type Static, Type } from 'typebox';
import { validator } from '../core/validate.ts';
import { OPERATIONS, type Operation } from './operation.ts';

const strict = { additionalProperties: false };
const plainKind = <K extends string>(kind: K) => Type.Object({ kind: Type.Literal(kind) }, strict);

const FaultSchema = Type.Union([
  Type.Object(
    {
      kind: Type.Literal('status'),
      status: Type.Integer({ minimum: 400, maximum: 599 }),
      code: Type.String({ pattern: '^[A-Za-z0-9.]+$' }),
      /** Seconds, sent as Retry-After. */
      retryAfter: Type.Optional(Type.Integer({ minimum: 0 })),
    },
    strict,
  ),
  /** Flips one bit in every so many bytes of the object's bytes that are served. */
  Type.Object({ kind: Type.Literal('flip'), every: Type.Integer({ minimum: 1 }) }, strict),
  plainKind('stall'),
  plainKind('cut'),
  plainKind('ignoreRange'),
]);

const RuleSchema = Type.Object(
  {
    match: Type.Object(
      {
        method: Type.Optional(Type.String()),
        /** A part of the decoded key. */
        key: Type.Optional(Type.String()),
        operation: Type.Optional(Type.Unsafe<Operation>({ type: 'string', enum: OPERATIONS })),
      },
      { ...strict, default: {} },
    ),
    times: Type.Union([Type.Integer({ minimum: 1 }), Type.Null()], { default: null }),
    fault: FaultSchema,
  },
  strict,
);

export type Fault = Static<typeof FaultSchema>;
type Rule = Static<typeof RuleSchema>;
export type RuleState = Rule & { readonly fired: number };

export interface Occasion {
  readonly method: string;
  readonly key: string;
  readonly operation: Operation;
  readonly hasRange: boolean;
}

const check = validator(Type.Array(RuleSchema));

function applies({ kind }: Fault, { operation, hasRange }: Occasion): boolean {
  if (kind === 'flip') return operation === 'getObject';
  return kind !== 'ignoreRange' || (operation === 'getObject' && hasRange);
}

function matches({ match, fault }: Rule, occasion: Occasion): boolean {
  return (
    (match.method ?? occasion.method) === occasion.method &&
    (match.operation ?? occasion.operation) === occasion.operation &&
    occasion.key.includes(match.key ?? '') &&
    applies(fault, occasion)
  );
}

/** The faults that tests ask for. Of the rules that match a request the first with firings left acts, alone. */
export class FaultRules {
  #rules: { readonly rule: Rule; fired: number }[] = [];

  /** Replaces all rules; returns the problems of a value that is no list of rules, in which case nothing changes. */
  replace(value: unknown): readonly string[] {
    const result = check(value);
    if ('value' in result) this.#rules = result.value.map(rule => ({ rule, fired: 0 }));
    return result.problems;
  }

  list(): RuleState[] {
    return this.#rules.map(({ rule, fired }) => ({ ...rule, fired }));
  }

  clear(): void {
    this.#rules = [];
  }

  /** The fault for this request, which then has fired once more. */
  take(occasion: Occasion): Fault | undefined {
    const due = this.#rules.find(({ rule, fired }) => fired < (rule.times ?? Infinity) && matches(rule, occasion));
    if (due === undefined) return undefined;
    due.fired++;
    return due.rule.fault;
  }
}
