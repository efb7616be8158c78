import type { Logger as PinoLogger } from 'pino';

/** The part of pino that the daemon uses; tests may give a silent one. */
export type Logger = Pick<PinoLogger, 'debug' | 'info' | 'warn' | 'error'>;

export const silentLog: Logger = { debug() {}, info() {}, warn() {}, error() {} };
