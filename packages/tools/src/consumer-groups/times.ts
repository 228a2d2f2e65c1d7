import { JavaException, runtimeException } from "../java-exception.ts";

const DATE_TIME = /^(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+)\.(\d+)(?:Z|([+-])(\d\d)(?::(\d\d))?)/;
const DURATION = /^([+-]?)P(?:([+-]?\d+)D)?(T(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?)(\d+)(?:[.,](\d{0,9}))?S)?)?$/i;

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Milliseconds since 1970 of `2026-01-31T13:05:00.000`, which may end in a zone: `Z`, `+02:00` or `+02`. Throws, as Java's tool does, where it is none. */
export function timestampOf(text: string): number {
  const [, time] = text.split("T");
  if (time === undefined || text.endsWith("T")) throw unparseable("Error parsing timestamp. It does not contain a 'T' according to ISO8601 format");
  const zoned = /[+\-Z]/.test(time) ? text : `${text}Z`;
  const match = DATE_TIME.exec(zoned);
  if (match === null) throw unparseable(`Unparseable date: "${zoned}"`);
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0, milliseconds = 0] = match.slice(1, 8).map(Number);
  const [zoneHours, zoneMinutes] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hours, minutes, seconds, milliseconds);
  // Java is not lenient here: what overflows is no date.
  const parts = [date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds(), date.getUTCMilliseconds()];
  const isSame = [month, day, hours, minutes, seconds, milliseconds].every((part, index) => part === parts[index]);
  if (!isSame || zoneHours > 23 || zoneMinutes > 59) throw unparseable(`Unparseable date: "${zoned}"`);
  return date.getTime() - (match[8] === "-" ? -1 : 1) * (zoneHours * HOUR_MS + zoneMinutes * MINUTE_MS);
}

/** Milliseconds of `P1DT2H3M4.5S`. Throws where it is none. */
export function durationMs(text: string): number {
  const match = DURATION.exec(text);
  const [, sign, days, time, hours, minutes, secondsSign = "", seconds, fraction] = match ?? [];
  const isEmpty = days === undefined && hours === undefined && minutes === undefined && seconds === undefined;
  if (match === null || isEmpty || time?.toUpperCase() === "T")
    throw new JavaException("java.time.format.DateTimeParseException", "Text cannot be parsed to a Duration");
  const inSeconds = (secondsSign === "-" ? -1 : 1) * Number(`${seconds ?? 0}.${fraction ?? 0}`);
  const total = Number(days ?? 0) * DAY_MS + Number(hours ?? 0) * HOUR_MS + Number(minutes ?? 0) * MINUTE_MS + inSeconds * SECOND_MS;
  return sign === "-" ? -total : total;
}

const unparseable = (message: string): JavaException => runtimeException(new JavaException("java.text.ParseException", message));
