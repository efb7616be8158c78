import type { Context } from 'koa';
import { type Static, type TObject, type TSchema, Type } from 'typebox';
import type { ErrorCode } from '../../core/errors.ts';
import { validator } from '../../core/validate.ts';
import { checkTaskFileName } from '../../task/names.ts';
import type { NodeApi } from '../node.ts';
import { bodyReader, readQuery } from './input.ts';
import type { LiveStreams } from './live-streams.ts';

/** What a route answers in one media type. */
export interface RouteAnswer {
  readonly schema: TSchema;
  readonly example: unknown;
}

/** What callers can know of a route. It is routed, checked and documented by this. */
export interface RouteDescription<Q extends TObject = TObject, B extends TObject = TObject> {
  readonly verb: 'get' | 'post';
  /** `:name` stands for the name of a task file. */
  readonly path: `/api/v1/${string}`;
  readonly summary: string;
  readonly query?: Q;
  readonly body?: { readonly schema: B; readonly example: unknown };
  /** The body is a task file, which `answer` reads. */
  readonly takesTaskFile?: boolean;
  /** By media type; the first one is that of objects. */
  readonly answers: Readonly<Record<string, RouteAnswer>>;
  /** Beside those that any call may get. */
  readonly refusals?: readonly ErrorCode[];
}

/** A call with its checked parts. */
interface Call<Q, B> {
  readonly node: NodeApi;
  readonly streams: LiveStreams;
  /** '' where the path has none. */
  readonly name: string;
  readonly query: Q;
  readonly body: B;
  /** For answers that are no objects. */
  readonly ctx: Context;
}

export interface Route extends RouteDescription {
  /** Sets the body of the answer, or streams it. */
  run(node: NodeApi, streams: LiveStreams, ctx: Context & { readonly params: { name?: string } }): Promise<void>;
}

/** Builds a route. What `answer` resolves with becomes the body; undefined: it took care of that. */
export function defineRoute<Q extends TObject, B extends TObject>(
  description: RouteDescription<Q, B>,
  answer: (call: Call<Static<Q>, Static<B>>) => unknown,
): Route {
  const query = description.query ?? Type.Object({});
  const checkQuery = validator(query);
  const readBody = description.body && bodyReader(description.body.schema);
  return {
    ...description,
    async run(node, streams, ctx) {
      const name = ctx.params.name === undefined ? '' : checkTaskFileName(ctx.params.name);
      const call = {
        node,
        streams,
        name,
        ctx,
        query: readQuery(query, checkQuery, ctx.URL.searchParams) as Static<Q>,
        body: (await readBody?.(ctx)) as Static<B>,
      };
      const body = await answer(call);
      if (body !== undefined) ctx.body = body;
    },
  };
}

/** An answer of JSON only. */
export const json = (schema: TSchema, example: unknown): RouteDescription['answers'] => ({
  'application/json': { schema, example },
});
