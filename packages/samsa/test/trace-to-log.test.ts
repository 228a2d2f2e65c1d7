import { micros, nodeId } from "@samsa/stdx";
import type { TraceBody } from "@samsa/world";
import { type Log, LOG_LEVELS, NO_TRACE } from "@samsa/world-node";
import { expect, test } from "vitest";
import { traceToLog } from "../src/trace-to-log.ts";

function recordingLog(lines: string[]): Log {
  const write =
    (level: string) =>
    (message: string): void =>
      void lines.push(`${level} ${message}`);
  const log: Log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error"), with: () => log };
  return log;
}

const eventOf = (event: TraceBody) => ({ seq: 0, t: micros(0), node: nodeId(1), event });
const ofHotPath: readonly TraceBody[] = [
  { kind: "append", topic: "t", partition: 0, baseOffset: 0, endOffset: 1, leaderEpoch: 0 },
  { kind: "high-watermark", topic: "t", partition: 0, offset: 1 },
  { kind: "raft-append", term: 1, lastIndex: 1 },
  { kind: "raft-commit", index: 1 },
];

test.each(LOG_LEVELS)("at level %s the steps of the hot path are made only if somebody can read them", (level) => {
  const isReadable = level === "trace" || level === "debug";
  expect(traceToLog(NO_TRACE, recordingLog([]), level)).toMatchObject({ isDetailed: isReadable, isListening: level !== "silent" });
  expect(traceToLog({ ...NO_TRACE, isListening: true }, recordingLog([]), level)).toMatchObject({ isDetailed: true, isListening: true });
});

test("what is not made above that level would have been written below it", () => {
  const lines: string[] = [];
  const trace = traceToLog(NO_TRACE, recordingLog(lines), "info");
  for (const event of ofHotPath) trace.emit(eventOf(event));
  expect(lines).toEqual(ofHotPath.map(({ kind }) => `debug ${kind}`));
});

test("a log that is not compacted any more is a warning that says from where on, and why", () => {
  const lines: string[] = [];
  const event = { kind: "log-uncleanable", topic: "orders", partition: 0, fromOffset: 40, because: "0040.log is damaged at byte 0" } as const;
  traceToLog(NO_TRACE, recordingLog(lines), "info").emit(eventOf(event));
  expect(lines).toEqual(["warn orders-0 is not compacted from offset 40 on, and served as before: 0040.log is damaged at byte 0"]);
});

test("settings without effect are a warning that names them", () => {
  const lines: string[] = [];
  traceToLog(NO_TRACE, recordingLog(lines), "info").emit(eventOf({ kind: "configs-without-effect", topic: "orders", configs: ["retention.ms", "segment.ms"] }));
  expect(lines).toEqual(["warn topic orders sets retention.ms, segment.ms: taken, but without effect yet"]);
});

test("each connection that is closed for what came on it is one line; of thousands at once few are told, and how many were not", () => {
  const lines: string[] = [];
  const trace = traceToLog(NO_TRACE, recordingLog(lines), "info");
  const closed = (connection: number, ms: number): void =>
    trace.emit({ ...eventOf({ kind: "connection-closed", connection, remote: "127.0.0.1:4000", because: "it can't be read" }), t: micros(ms * 1000) });
  closed(1, 0);
  expect(lines).toEqual(["warn the connection of 127.0.0.1:4000 was closed: it can't be read"]);
  for (let connection = 2; connection <= 1_000; connection++) closed(connection, 1);
  expect(lines).toHaveLength(50);
  closed(1_001, 10_000);
  expect(lines.at(-1)).toContain("(950 more closed connections were not told of)");
});

test("how far a recovery has come is one line a second, however many logs are read", () => {
  const lines: string[] = [];
  const trace = traceToLog(NO_TRACE, recordingLog(lines), "info");
  const read = (path: string, mebibytes: number, ms: number): void =>
    trace.emit({
      ...eventOf({ kind: "log-recovering", path, scannedBytes: mebibytes * 1024 * 1024, totalBytes: 1024 * 1024 * 1024 }),
      t: micros(ms * 1000),
    });
  for (const ms of [5000, 5500, 5999, 6000]) for (const partition of [0, 1]) read(`orders-${partition}`, ms / 10, ms);
  expect(lines).toEqual(["info recovering orders-0: 500 of 1024 MiB", "info recovering orders-0: 600 of 1024 MiB"]);
});
