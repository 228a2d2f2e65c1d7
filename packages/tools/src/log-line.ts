import { type JavaException, stackTrace } from "./java-exception.ts";

/** What is worth a line of Kafka's log, which its tools have on stderr. */
export interface LogEntry {
  readonly level: "WARN" | "ERROR";
  readonly message: string;
  /** The Java class that logs. */
  readonly logger: string;
  /** Shown behind the line as its stack trace. */
  readonly error?: JavaException;
}

/** A line of Kafka's log: `[2026-01-31 13:05:00,123] WARN message (logger)`, in local time. */
export function logLine({ level, message, logger, error }: LogEntry, now = new Date()): string {
  const [year, month, day] = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => digits(part, 2));
  const [hours, minutes, seconds] = [now.getHours(), now.getMinutes(), now.getSeconds()].map((part) => digits(part, 2));
  const time = `${year}-${month}-${day} ${hours}:${minutes}:${seconds},${digits(now.getMilliseconds(), 3)}`;
  return `[${time}] ${level} ${message} (${logger})\n${error === undefined ? "" : stackTrace(error)}`;
}

const digits = (value: number, count: number): string => String(value).padStart(count, "0");
