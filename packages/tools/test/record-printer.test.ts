import type { ConsumedRecord, GroupEvent } from "@samsa/client";
import { expect, test } from "vitest";
import type { RecordFormatter } from "../src/consuming/record-formatter.ts";
import type { Reading } from "../src/consuming/reading.ts";
import { RecordPrinter } from "../src/console-consumer/record-printer.ts";

const topic = "orders";
const record = (offset: number): ConsumedRecord => ({
  offset,
  leaderEpoch: 0,
  timestampMs: 0,
  timestampType: "create-time",
  key: null,
  value: new TextEncoder().encode(`v${offset}`),
  headers: [],
});
const records = (partition: number, ...offsets: readonly number[]): GroupEvent => ({
  type: "records",
  topic,
  partition,
  records: offsets.map(record),
  highWatermark: 9,
});

/** What is printed, logged and left of these polls; then nothing more comes. */
async function printed(polls: readonly (readonly GroupEvent[])[], { maxMessages = -1, writes = Number.POSITIVE_INFINITY } = {}) {
  let [stdout, stderr, left] = ["", "", writes];
  const stop = new AbortController();
  const toCome = [...polls];
  const reading: Reading = {
    next: async () => {
      const poll = toCome.shift();
      if (poll === undefined) stop.abort("SIGINT");
      return poll ?? [];
    },
    close: async () => undefined,
  };
  const io = {
    stdin: (async function* () {})(),
    out: () => undefined,
    err: (text: string) => void (stderr += text),
    write: async (bytes: Uint8Array) => {
      if (left-- <= 0) return false;
      stdout += new TextDecoder().decode(bytes);
      return true;
    },
    isTerminal: false,
    stop: stop.signal,
  };
  const format: RecordFormatter = (_, { value }, sink) => sink.add(value ?? new Uint8Array());
  const printer = new RecordPrinter({ format, io, isSkipping: false, logger: "test" });
  await printer.print(reading, { maxMessages, timeoutMs: Number.POSITIVE_INFINITY });
  return { stdout, stderr, unused: printer.unused, count: printer.count };
}

const fatal: GroupEvent = { type: "error", topic, partition: 1, error: "OFFSET_OUT_OF_RANGE", isFatal: true };

test("records are shown that come with what ends it: they count as read, and would be committed", async () => {
  const { stdout, stderr, unused } = await printed([[records(0, 1, 2), fatal], [records(0, 3)]]);
  expect(stdout).toBe("v1v2");
  expect(stderr).toContain("Fetch position is out of range for partition orders-1");
  expect(unused).toEqual([]);
});

test("what is not shown any more, since there may be no more, is left to others", async () => {
  const { stdout, stderr, unused, count } = await printed([[records(0, 1, 2), records(1, 7), fatal]], { maxMessages: 1 });
  expect([stdout, stderr, count]).toEqual(["v1", "", 1]);
  expect(unused).toEqual([
    { topic, partition: 0, offset: 2 },
    { topic, partition: 1, offset: 7 },
  ]);
});

test("what could not be written, since nobody reads it any more, is left to others: all of it, and nothing else", async () => {
  const large = (offset: number): ConsumedRecord => ({ ...record(offset), value: new Uint8Array(40_000).fill(120) });
  const much: GroupEvent = { type: "records", topic, partition: 0, records: [1, 2, 3, 4, 5].map(large), highWatermark: 9 };
  const { stdout, stderr, unused } = await printed([[much, records(1, 7)]], { writes: 1 });
  expect(stdout).toHaveLength(80_000);
  expect(stderr).toContain("Unable to write to standard out");
  expect(unused).toEqual([
    { topic, partition: 0, offset: 3 },
    { topic, partition: 1, offset: 7 },
  ]);
  expect((await printed([[much]], { writes: 0 })).unused).toEqual([{ topic, partition: 0, offset: 1 }]);
});
