import { Type } from 'typebox';
import { refusals } from './rest/describe.ts';

/** Of POST /api/v1/session. */
export const sessionBody = Type.Object({ token: Type.String() });

const text = Type.String();
const findings = Type.Array(Type.Object({ code: text, desc: text, next: text }));
const readiness = Type.Object({ ready: Type.Boolean(), reasons: findings, warnings: findings });
const sessionState = Type.Object({ needed: Type.Boolean(), valid: Type.Boolean() });

const OF_ALL = ['ORIGIN_FOREIGN', 'HOST_FOREIGN', 'INTERNAL'] as const;
/** No token is wanted. */
const security: readonly object[] = [];
const json = (schema: object) => ({ 'application/json': { schema } });
const cookie = (description: string) => ({ description, headers: { 'set-cookie': { schema: text } } });

/** What anybody may call, and the document itself, as paths of OpenAPI 3.1. */
export const OPEN_PATHS: Readonly<Record<string, object>> = {
  '/livez': {
    get: {
      operationId: 'livez',
      summary: 'Answers while the event loop turns.',
      security,
      responses: { 200: { description: '`ok`', content: { 'text/plain': { schema: text } } }, ...refusals(OF_ALL) },
    },
  },
  '/readyz': {
    get: {
      operationId: 'readyz',
      summary: 'Whether tasks can be taken and carried on, and why not. A closed window is no reason.',
      security,
      responses: {
        200: { description: 'they can', content: json(readiness) },
        503: { description: 'they cannot', content: json(readiness) },
        ...refusals(OF_ALL),
      },
    },
  },
  '/api/v1/session': {
    get: {
      operationId: 'get-session',
      summary: 'Whether a session, or a token, is needed here, and whether the one of this call is valid.',
      security,
      responses: { 200: { description: 'the answer', content: json(sessionState) }, ...refusals(OF_ALL) },
    },
    post: {
      operationId: 'post-session',
      summary: 'Gives a browser a session for the token.',
      security,
      requestBody: { required: true, content: json(sessionBody) },
      responses: {
        204: cookie('the session, which scripts cannot read'),
        ...refusals([
          'BODY_NOT_JSON',
          'BODY_TOO_LARGE',
          'BODY_TOO_SLOW',
          'CONTENT_TYPE',
          'UNAUTHORISED',
          'TOO_MANY_TRIES',
          ...OF_ALL,
        ]),
      },
    },
    delete: {
      operationId: 'delete-session',
      summary: 'Ends the session of this browser.',
      security,
      responses: { 204: cookie('none from now on'), ...refusals(OF_ALL) },
    },
  },
  '/api/v1/openapi.json': {
    get: {
      operationId: 'get-openapi-json',
      summary: 'This document.',
      responses: {
        200: { description: 'the answer', content: json(Type.Object({})) },
        ...refusals(['UNAUTHORISED', 'TOO_MANY_TRIES', ...OF_ALL]),
      },
    },
  },
};
