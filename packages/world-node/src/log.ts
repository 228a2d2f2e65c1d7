import pino from "pino";
import type { Logger } from "pino";

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
type Fields = Readonly<Record<string, unknown>>;

/** What operators read: a message and what it is about. */
export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** A log that adds these fields to each line. */
  with(fields: Fields): Log;
}

const STDERR = 2;

/** Lines of JSON on stderr (or on another descriptor), written at once: the last ones before an end are the ones that matter. */
export function createLog(options: { readonly level: LogLevel; readonly name: string; readonly fd?: number }): Log {
  const destination = pino.destination({ dest: options.fd ?? STDERR, sync: true });
  return wrap(pino({ level: options.level, name: options.name }, destination));
}

function wrap(logger: Logger): Log {
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
    with: (fields) => wrap(logger.child(fields)),
  };
}
