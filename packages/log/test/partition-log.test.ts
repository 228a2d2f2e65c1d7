import { baseOffsetOf, partitionLeaderEpochOf, timestampTypeOf } from "@samsa/protocol/records";
import type { ReplicaLog } from "@samsa/replication";
import { leaderEpoch, micros, type Now, offset } from "@samsa/stdx";
import { isSlice, type Slice } from "@samsa/world";
import { describe, expect, test } from "vitest";
import { FileGenerations, type PartitionLog } from "../src/index.ts";
import { batchIds, produced, stored } from "./support/batches.ts";
import { DIRECTORY, LogHarness, NOW } from "./support/log-harness.ts";
import { joined } from "./support/random-work.ts";

const SEGMENT = `${DIRECTORY}/00000000000000000000.log`;
const asReplicaLog = (log: PartitionLog): ReplicaLog => log;
const ready = (config = {}): LogHarness => new LogHarness({ config }).recovered();
const ends = ({ log }: LogHarness): readonly number[] => [log.syncedEnd, log.writtenEnd, log.appendedEnd];
const appendsOf = (harness: LogHarness): readonly string[] => harness.lastEffects.flatMap((effect) => (effect.type === "append" ? [effect.path] : []));
const slicesOf = (harness: LogHarness): readonly Slice[] => harness.log.read(harness.log.logStartOffset, harness.log.appendedEnd, 1e9).parts.filter(isSlice);
/** Forgets what is in memory, so that reads come from the files. */
const restarted = (harness: LogHarness, config = {}): LogHarness => new LogHarness({ disk: harness.disk.copy(), config }).recovered();

describe("a new log", () => {
  test("is a ReplicaLog", () => {
    expect(asReplicaLog(ready().log).isOffline).toBe(false);
  });

  test("has Kafka's partition.metadata and nothing else, and says that it recovered", () => {
    const harness = ready();
    expect(harness.disk.names(DIRECTORY)).toEqual(["partition.metadata"]);
    expect(new TextDecoder().decode(harness.disk.contentOf(`${DIRECTORY}/partition.metadata`))).toBe("version: 0\ntopic_id: vvvvvvvvvvvvvvvvvvvvvA");
    expect(harness.told).toEqual(["logRecovered"]);
    expect(harness.trace).toEqual([{ kind: "log-recovered", path: DIRECTORY, endOffset: 0, droppedBytes: 0, scannedBytes: 0 }]);
  });

  test("takes nothing before it has recovered", () => {
    const harness = new LogHarness().recover();
    expect(harness.leaderAppends(produced())).toMatchObject({ type: "rejected", error: "KAFKA_STORAGE_ERROR" });
    expect(harness.log.isReady).toBe(false);
  });
});

describe("an append by the leader", () => {
  test("gives offsets and the epoch in the bytes it was given", () => {
    const harness = ready();
    harness.leaderAppends(produced({ count: 3 }), 4);
    const batch = produced({ count: 2 });
    expect(harness.leaderAppends(batch, 4)).toEqual({ type: "appended", baseOffset: 3, endOffset: 5, logAppendTimeMs: -1 });
    expect([baseOffsetOf(batch), partitionLeaderEpochOf(batch)]).toEqual([3, 4]);
    expect(harness.log.read(offset(3), offset(5), 1).parts).toEqual([batch]);
  });

  test("moves the written end when the write returned, and the synced end when the sync did", () => {
    const harness = ready();
    harness.leaderAppends(produced());
    expect(ends(harness)).toEqual([0, 0, 1]);
    harness.settle();
    expect(ends(harness)).toEqual([0, 1, 1]);
    harness.turn(() => harness.log.sync(NOW));
    harness.settle();
    expect(ends(harness)).toEqual([1, 1, 1]);
    expect(harness.disk.happened.slice(-2)).toEqual([`sync ${SEGMENT}`, `sync-directory ${DIRECTORY}`]);
  });

  test("goes out with all others of its turn in one effect", () => {
    const harness = ready();
    harness.turn(() => {
      for (let i = 0; i < 5; i++) harness.log.appendAsLeader(produced(), leaderEpoch(0), NOW);
    });
    expect(appendsOf(harness).filter((path) => path === SEGMENT)).toEqual([SEGMENT]);
  });

  test("is refused for damaged bytes, which are then not in the log", () => {
    const harness = ready();
    const batch = produced({ value: "hello" });
    batch[batch.length - 3] = 0;
    expect(harness.leaderAppends(batch)).toMatchObject({ type: "rejected", error: "CORRUPT_MESSAGE" });
    expect(harness.log.appendedEnd).toBe(0);
  });

  test("is refused above the topic's limit, and above a segment's", () => {
    expect(ready({ maxMessageBytes: 100 }).leaderAppends(produced({ valueBytes: 200 }))).toMatchObject({ error: "MESSAGE_TOO_LARGE" });
    expect(ready({ segmentBytes: 100 }).leaderAppends(produced({ valueBytes: 200 }))).toMatchObject({ error: "RECORD_LIST_TOO_LARGE" });
  });

  test("is refused when the producer's clock is too far ahead, and only then", () => {
    const harness = ready({ messageTimestampAfterMaxMs: 1000 });
    expect(harness.leaderAppends(produced({ timestamp: NOW.wallMs + 1001 }))).toMatchObject({ error: "INVALID_TIMESTAMP" });
    expect(harness.leaderAppends(produced({ timestamp: NOW.wallMs + 1000 }))).toMatchObject({ type: "appended" });
  });

  test("is refused when its time is too far in the past, and only then", () => {
    const harness = ready({ messageTimestampBeforeMaxMs: 1000 });
    expect(harness.leaderAppends(produced({ timestamp: NOW.wallMs - 1001 }))).toMatchObject({ error: "INVALID_TIMESTAMP" });
    expect(harness.leaderAppends(produced({ timestamp: NOW.wallMs - 1000 }))).toMatchObject({ type: "appended" });
  });

  test("is not judged by a clock that the topic does not go by", () => {
    const harness = ready({ messageTimestampType: "LogAppendTime", messageTimestampAfterMaxMs: 0, messageTimestampBeforeMaxMs: 0 });
    expect(harness.leaderAppends(produced({ timestamp: NOW.wallMs + 1 }))).toMatchObject({ type: "appended" });
  });

  test("gets the broker's time where the topic asks for it, and a restart believes its CRC", () => {
    const harness = ready({ messageTimestampType: "LogAppendTime" });
    const batch = produced();
    expect(harness.leaderAppends(batch)).toMatchObject({ logAppendTimeMs: NOW.wallMs });
    expect(timestampTypeOf(batch)).toBe("log-append-time");
    harness.settle();
    expect(restarted(harness).log.appendedEnd).toBe(1);
  });
});

describe("an append by a follower", () => {
  test("takes many batches and leaves out a last one that is cut off", () => {
    const harness = ready();
    const frame = joined([stored({ baseOffset: 0, count: 2 }), stored({ baseOffset: 2, epoch: 1 }), stored({ baseOffset: 3, epoch: 1 })]);
    expect(harness.turn(() => harness.log.appendAsFollower(frame.subarray(0, frame.length - 1), NOW))).toEqual({ type: "appended", endOffset: 3 });
    expect(harness.log.epochEntries).toEqual([
      { epoch: 0, startOffset: 0 },
      { epoch: 1, startOffset: 2 },
    ]);
  });

  test("takes nothing of bytes of which some are damaged", () => {
    const harness = ready();
    const bad = stored({ baseOffset: 1, value: "hello" });
    bad[bad.length - 3] = 0;
    expect(harness.turn(() => harness.log.appendAsFollower(joined([stored({ baseOffset: 0 }), bad]), NOW))).toMatchObject({ error: "CORRUPT_MESSAGE" });
    expect(harness.log.appendedEnd).toBe(0);
  });

  test("takes no batch that leaves a hole, comes again, or falls back in epoch", () => {
    const harness = ready();
    const fetch = (batch: Uint8Array): unknown => harness.turn(() => harness.log.appendAsFollower(batch, NOW));
    expect(fetch(stored({ baseOffset: 1 }))).toMatchObject({ type: "rejected" });
    expect(fetch(stored({ baseOffset: 0, epoch: 3 }))).toMatchObject({ type: "appended" });
    expect(fetch(stored({ baseOffset: 0, epoch: 3 }))).toMatchObject({ type: "rejected" });
    expect(fetch(stored({ baseOffset: 1, epoch: 2 }))).toMatchObject({ type: "rejected" });
    expect(harness.log.appendedEnd).toBe(1);
  });

  test("takes the place of an epoch that this replica had opened without a record", () => {
    const harness = ready();
    harness.leaderAppends(produced(), 3);
    harness.turn(() => harness.log.assignEpoch(leaderEpoch(5)));
    harness.turn(() => harness.log.appendAsFollower(stored({ baseOffset: 1, epoch: 4 }), NOW));
    expect(harness.log.epochEntries.map(({ epoch }) => epoch)).toEqual([3, 4]);
  });
});

describe("a read", () => {
  test("gives bytes from memory before they are written, and a slice of the file after a restart", () => {
    const harness = ready();
    const batch = produced();
    harness.leaderAppends(batch);
    expect(harness.log.read(offset(0), offset(1), 1).parts).toEqual([batch]);
    harness.settle();
    expect(restarted(harness).log.read(offset(0), offset(1), 1).parts).toEqual([{ path: SEGMENT, position: 0, length: batch.length, generation: 0 }]);
  });

  test("gives whole batches: at least one, else no more than asked for, none beyond the end asked for", () => {
    const harness = ready({ segmentBytes: 300 });
    const size = produced({ count: 2 }).length;
    for (let i = 0; i < 10; i++) harness.leaderAppends(produced({ count: 2 }));
    harness.settle();
    for (const each of [harness, restarted(harness, { segmentBytes: 300 })]) {
      const read = (from: number, to: number, maxBytes: number): number[] => {
        const { endOffset, sizeInBytes, parts } = each.log.read(offset(from), offset(to), maxBytes);
        expect(parts.reduce((sum, part) => sum + part.length, 0)).toBe(sizeInBytes);
        return [endOffset, sizeInBytes / size];
      };
      expect(read(0, 20, 0)).toEqual([2, 1]);
      expect(read(3, 20, 1)).toEqual([4, 1]);
      expect(read(0, 20, 5 * size)).toEqual([10, 5]);
      expect(read(0, 20, 5 * size - 1)).toEqual([8, 4]);
      expect(read(0, 9, 1e9)).toEqual([8, 4]);
      expect(read(19, 20, 1e9)).toEqual([20, 1]);
      expect(read(20, 20, 1e9)).toEqual([20, 0]);
    }
  });
});

describe("rolling", () => {
  test("writes nothing to the next segment before the closed one and its name are synced", () => {
    const harness = ready({ segmentBytes: 200 });
    for (let i = 0; i < 5; i++) harness.leaderAppends(produced({ valueBytes: 60 }));
    harness.settle();
    const onDisk = harness.disk.happened.filter((name) => name.endsWith(".log") || name === "sync-directory orders-0");
    for (const [path, next] of harness.log.segmentPaths.slice(0, 4).map((path, index) => [path, harness.log.segmentPaths[index + 1]])) {
      const from = onDisk.indexOf(`append ${path}`);
      expect(onDisk.slice(from, onDisk.indexOf(`append ${next}`)).filter((name, index, all) => all.indexOf(name) === index)).toEqual([
        `append ${path}`,
        `sync ${path}`,
        "sync-directory orders-0",
      ]);
    }
    expect(harness.log.writtenEnd).toBe(5);
  });
});

describe("truncation", () => {
  test("that overtakes an append under way leaves a written end that the old write can't move beyond it", () => {
    const harness = ready();
    harness.leaderAppends(produced());
    harness.settle();
    harness.turn(() => {
      for (let i = 0; i < 2; i++) harness.log.appendAsLeader(produced({ count: 2 }), leaderEpoch(0), NOW);
    });
    expect(ends(harness)).toEqual([0, 1, 5]);
    harness.turn(() => harness.log.truncateTo(offset(3), "test"));
    harness.turn(() => harness.log.appendAsFollower(stored({ baseOffset: 3, epoch: 7, count: 4 }), NOW));
    expect(ends(harness)).toEqual([0, 1, 7]);
    harness.stepDisk();
    expect([harness.disk.happened.at(-1), ...ends(harness)]).toEqual([`append ${SEGMENT}`, 0, 3, 7]);
    harness.settle();
    expect(harness.log.writtenEnd).toBe(7);
    expect(batchIds(restarted(harness).readAll())).toEqual(batchIds(harness.readAll()));
  });

  test("is durable before anything is written behind it, or a power cut could put old records behind new ones", () => {
    const harness = ready();
    for (let i = 0; i < 3; i++) harness.leaderAppends(produced(), 3);
    harness.settle();
    harness.turn(() => harness.log.truncateTo(offset(1), "test"));
    harness.turn(() => harness.log.appendAsFollower(stored({ baseOffset: 1, epoch: 4 }), NOW));
    harness.settle();
    expect(harness.disk.happened.filter((name) => name.endsWith(SEGMENT)).slice(-3)).toEqual([`truncate ${SEGMENT}`, `sync ${SEGMENT}`, `append ${SEGMENT}`]);
  });

  test("cuts before the batch that holds the offset, and bumps the generation of its file", () => {
    const harness = ready();
    harness.leaderAppends(produced({ count: 2 }));
    harness.leaderAppends(produced({ count: 3 }));
    harness.settle();
    const again = restarted(harness);
    again.turn(() => again.log.truncateTo(offset(4), "test"));
    expect(again.log.appendedEnd).toBe(2);
    again.settle();
    expect(slicesOf(again).map(({ generation }) => generation)).toEqual([1]);
    expect(again.trace.at(-1)).toMatchObject({ kind: "truncate", toOffset: 2, fromOffset: 5, because: "test" });
  });

  test("drops an epoch without records that starts where it cuts, even if no record goes", () => {
    const harness = ready();
    harness.leaderAppends(produced(), 1);
    harness.turn(() => harness.log.assignEpoch(leaderEpoch(2)));
    harness.turn(() => harness.log.truncateTo(offset(1), "test"));
    expect(harness.log.latestEpoch).toBe(1);
  });

  test("of everything survives a restart as the new start of the log", () => {
    const harness = ready({ segmentBytes: 200 });
    for (let i = 0; i < 5; i++) harness.leaderAppends(produced({ valueBytes: 60 }));
    harness.turn(() => harness.log.truncateFullyAndStartAt(offset(100)));
    expect(ends(harness)).toEqual([100, 100, 100]);
    // Nobody may count on it until the next start would find it so.
    expect(harness.log.isBeginningAnew).toBe(true);
    harness.settle();
    expect([harness.log.isBeginningAnew, harness.told.at(-1)]).toEqual([false, "endsMoved"]);
    const again = restarted(harness);
    expect([again.log.logStartOffset, again.log.appendedEnd, again.log.epochBefore(offset(100))]).toEqual([100, 100, -1]);
    again.leaderAppends(produced(), 9);
    again.settle();
    expect(restarted(again).log.appendedEnd).toBe(101);
  });
});

describe("failures", () => {
  test("a failed append takes the log offline for good, and says why", () => {
    const code = "EIO";
    const harness = ready();
    harness.leaderAppends(produced());
    harness.settle();
    harness.disk.faults.push({ name: "append", path: ".log", code });
    harness.leaderAppends(produced());
    harness.settle();
    expect(harness.log.isOffline).toBe(true);
    expect(harness.told.at(-1)).toContain(code);
    expect(harness.trace.at(-1)).toMatchObject({ kind: "replica-offline", topic: "orders", partition: 0 });
    expect(harness.log.writtenEnd).toBe(1);
    expect(harness.leaderAppends(produced())).toMatchObject({ error: "KAFKA_STORAGE_ERROR" });
  });

  test("a failed sync is not tried again: the log goes offline", () => {
    const harness = ready();
    harness.leaderAppends(produced());
    harness.settle();
    harness.disk.faults.push({ name: "sync", path: ".log", code: "EIO" });
    harness.turn(() => harness.log.sync(NOW));
    harness.settle();
    expect([harness.log.isOffline, harness.log.syncedEnd]).toEqual([true, 0]);
    expect(harness.disk.happened.filter((name) => name === `sync ${SEGMENT}`)).toHaveLength(1);
  });
});

describe("flush.messages", () => {
  test("1 tells of no record as written before it is synced", () => {
    const harness = ready({ flushMessages: 1 });
    harness.leaderAppends(produced());
    while (harness.log.writtenEnd === 0) harness.stepDisk();
    expect(harness.log.syncedEnd).toBe(1);
  });

  test("3 lets two unsynced records count as written, and syncs with the third", () => {
    const harness = ready({ flushMessages: 3 });
    harness.leaderAppends(produced({ count: 2 }));
    harness.settle();
    expect(ends(harness)).toEqual([0, 2, 2]);
    harness.leaderAppends(produced());
    harness.settle();
    expect(ends(harness)).toEqual([3, 3, 3]);
  });
});

describe("flush.ms", () => {
  const at = (ms: number): Now => ({ ...NOW, monotonicUs: micros(NOW.monotonicUs + ms * 1000) });

  test("syncs what has waited for so long, counted from the oldest record that no sync covers", () => {
    const harness = ready({ flushMs: 500 });
    expect(harness.log.nextDeadlineUs).toBeUndefined();
    harness.leaderAppends(produced());
    harness.settle();
    harness.turn(() => harness.log.appendAsFollower(stored({ baseOffset: 1 }), at(300)));
    harness.settle();
    expect(harness.log.nextDeadlineUs).toBe(at(500).monotonicUs);
    harness.turn(() => harness.log.deadline(at(499)));
    harness.settle();
    expect(ends(harness)).toEqual([0, 2, 2]);
    harness.turn(() => harness.log.deadline(at(500)));
    expect(harness.log.nextDeadlineUs).toBeUndefined();
    harness.settle();
    expect(ends(harness)).toEqual([2, 2, 2]);
  });

  test("does not wake for ever while the sync waits for a write, or after the disk failed", () => {
    const harness = ready({ flushMs: 0 });
    harness.leaderAppends(produced());
    harness.turn(() => harness.log.deadline(at(0)));
    expect(harness.log.nextDeadlineUs).toBeUndefined();
    harness.disk.faults.push({ name: "sync", path: ".log", code: "EIO" });
    harness.settle();
    expect([harness.log.isOffline, harness.log.nextDeadlineUs]).toEqual([true, undefined]);
  });
});

describe("a deleted log", () => {
  test("leaves no file, and a new one of that name is another log whose slices are of later generations", () => {
    const generations = new FileGenerations();
    const harness = new LogHarness({ generations }).recovered();
    harness.leaderAppends(produced());
    harness.settle();
    const done: string[] = [];
    harness.turn(() =>
      harness.log.delete(
        () => done.push("done"),
        (detail) => done.push(detail),
      ),
    );
    harness.settle();
    expect([harness.disk.names(DIRECTORY), done, harness.log.isOffline]).toEqual([[], ["done"], true]);
    expect(generations.of(SEGMENT)).toBe(1);
  });
});
