import { compressionOf, countOf, decodeRecords, type Recompression } from "@samsa/protocol/records";
import { describe, expect, test } from "vitest";
import { produced } from "./support/batches.ts";
import { type HarnessOptions, LogHarness, NOW } from "./support/log-harness.ts";

const LZ4: Recompression = { compression: "lz4", level: undefined };
const ready = (config: HarnessOptions["config"]): LogHarness => new LogHarness({ config: { recompression: LZ4, ...config } }).recovered();

describe("a log with a compression.type of its own", () => {
  test("stores what producers send in that codec, at the offsets and with the records that came", () => {
    const harness = ready({});
    const batch = produced({ count: 20, value: "again and again and again" });
    expect(harness.leaderAppends(batch)).toMatchObject({ type: "appended", baseOffset: 0, endOffset: 20 });
    expect(harness.leaderAppends(produced({ count: 2 }))).toMatchObject({ type: "appended", baseOffset: 20, endOffset: 22 });
    harness.settle();
    const stored = harness.readAll();
    expect([compressionOf(stored), countOf(stored)]).toEqual(["lz4", 20]);
    expect(stored.length).toBeLessThan(batch.length);
    expect(decodeRecords(stored)).toEqual(decodeRecords(batch));
    const next = new LogHarness({ disk: harness.disk }).recovered();
    expect(next.readAll()).toEqual(stored);
  });

  test("gives the broker's time where the topic asks for that too", () => {
    const harness = ready({ messageTimestampType: "LogAppendTime" });
    expect(harness.leaderAppends(produced({ count: 3 }))).toMatchObject({ logAppendTimeMs: NOW.wallMs });
    expect(decodeRecords(harness.readAll()).map(({ timestamp }) => timestamp)).toEqual([NOW.wallMs, NOW.wallMs, NOW.wallMs]);
  });

  test("knows a producer's batch again, which it has stored as another", () => {
    const harness = ready({});
    const shape = { count: 4, producerId: 9, baseSequence: 0 };
    expect(harness.leaderAppends(produced(shape))).toMatchObject({ type: "appended", baseOffset: 0 });
    expect(harness.leaderAppends(produced(shape))).toMatchObject({ type: "duplicate", baseOffset: 0, endOffset: 4 });
    expect(harness.leaderAppends(produced({ ...shape, baseSequence: 4 }))).toMatchObject({ type: "appended", baseOffset: 4 });
  });

  test("refuses a batch that grows beyond max.message.bytes or the segment, and takes none of it", () => {
    const small = produced({ value: "123456789" });
    const compressed = small.length + 8;
    expect(ready({ maxMessageBytes: compressed }).leaderAppends(small.slice())).toMatchObject({ error: "MESSAGE_TOO_LARGE" });
    const harness = ready({ segmentBytes: compressed });
    expect(harness.leaderAppends(small.slice())).toMatchObject({ error: "RECORD_LIST_TOO_LARGE" });
    expect(harness.log.appendedEnd).toBe(0);
    // As it came it would be too long for a segment, in the topic's codec it is not.
    expect(ready({ segmentBytes: 500 }).leaderAppends(produced({ valueBytes: 1_000 }))).toMatchObject({ type: "appended" });
  });

  test("refuses what it has no codec for", () => {
    const harness = ready({ recompression: { compression: "zstd", level: 3 } });
    expect(harness.leaderAppends(produced())).toMatchObject({ error: "UNSUPPORTED_COMPRESSION_TYPE", message: "no codec for zstd record batches" });
  });

  test("takes what its leader sends as it is", () => {
    const harness = ready({});
    const batch = produced();
    harness.turn(() => harness.log.appendAsFollower(withEpoch(batch), NOW));
    expect(harness.readAll()).toEqual(batch);
  });
});

function withEpoch(batch: Uint8Array): Uint8Array {
  batch.fill(0, 12, 16);
  return batch;
}
