import { BftError, type ErrorCode, ERRORS, type Place } from '../../core/errors.ts';
import type { RefusalPage } from './shapes.ts';

const PREFIX = '/api/v1';

/** Whether a path answers refusals in the words of /api/v1; all others have the envelope of the protocol. */
export const isRestPath = (path: string): boolean => path === PREFIX || path.startsWith(`${PREFIX}/`);

/** The protocol answers its own refusals with 200 (decision 2); here each has a status. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  METHOD_UNKNOWN: 404,
  PARAMETER_MISSING: 400,
  PARAMETER_INVALID: 400,
};

export const restStatus = (code: ErrorCode): number => STATUS[code] ?? ERRORS[code].status;

export function refusalPage(error: BftError): RefusalPage {
  const { code, message, next } = error;
  const docs = `docs/ERRORS.md#${code.toLowerCase()}`;
  return { error: { code, desc: message, next, docs, ...placeOf(error) } };
}

/** Of the error, or of what it was wrapped around. */
function placeOf(error: unknown): Place {
  if (error instanceof BftError && error.place) return error.place;
  return error instanceof Error && error.cause !== undefined ? placeOf(error.cause) : {};
}
