const LOGGER = "org.apache.kafka.tools.OffsetsUtils";

/** A line of Kafka's log, which its tools have on stderr: `[2026-01-31 13:05:00,123] WARN message (logger)`, in local time. */
export function warning(message: string, now = new Date()): string {
  const [year, month, day] = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => digits(part, 2));
  const [hours, minutes, seconds] = [now.getHours(), now.getMinutes(), now.getSeconds()].map((part) => digits(part, 2));
  return `[${year}-${month}-${day} ${hours}:${minutes}:${seconds},${digits(now.getMilliseconds(), 3)}] WARN ${message} (${LOGGER})\n`;
}

const digits = (value: number, count: number): string => String(value).padStart(count, "0");
