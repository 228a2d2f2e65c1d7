import { describe, expect, test } from "vitest";
import { CorruptSnapshotError, EMPTY_PAST, encodeSnapshot, encodeWrite, type PersistedWrite, RaftNode, recover } from "../src/index.ts";
import { OPTIONS } from "./support/bench.ts";
import { crc32c } from "./support/crc.ts";
import { entry, replica, voters } from "./support/replicas.ts";

const WRITE: PersistedWrite = { term: 2, votedFor: replica(2), truncateFrom: 0, base: undefined, entries: [entry(1, 1), entry(2, 1), entry(3, 2)] };
const wal = (...writes: readonly PersistedWrite[]) => Uint8Array.from(writes.flatMap((write) => [...encodeWrite(write, crc32c)]));
const snapshot = (index: number, term: number) => encodeSnapshot({ index, term, voters: voters(1, 2, 3), data: Uint8Array.of(9) }, crc32c).file;
const recovered = (log: Uint8Array, file?: Uint8Array) => recover(log, file, crc32c).recovered;

describe("recovery", () => {
  test("of an empty disk is the past of a node that has none", () => {
    expect(recover(new Uint8Array(0), undefined, crc32c)).toEqual({ recovered: EMPTY_PAST, validBytes: 0, droppedBytes: 0 });
  });

  test("of a log alone gives the log", () => {
    expect(recovered(wal(WRITE))).toMatchObject({ term: 2, votedFor: replica(2), base: { index: 0 }, entries: { length: 3 }, hasPromised: true });
  });

  test("with a snapshot inside the log keeps the log, with what is before the snapshot", () => {
    expect(recovered(wal(WRITE), snapshot(2, 1))).toMatchObject({ base: { index: 0 }, entries: { length: 3 }, snapshot: { index: 2 } });
  });

  test("with a log that goes on behind its snapshot's retained entries is that log", () => {
    const rewritten = { ...WRITE, base: { index: 1, term: 1 }, entries: [entry(2, 1), entry(3, 2)] };
    expect(recovered(wal(rewritten), snapshot(2, 1))).toMatchObject({ base: { index: 1, term: 1 }, entries: [{ index: 2 }, { index: 3 }] });
  });

  test("after a crash between an installed snapshot and the new log begins behind the snapshot: the old log ends before it, or is another one there", () => {
    for (const [index, term] of [
      [9, 4],
      [3, 3],
    ] as const)
      expect(recovered(wal(WRITE), snapshot(index, term))).toMatchObject({ base: { index, term }, entries: [], snapshot: { index } });
  });

  test("takes the term of a snapshot that is later than the log's, without a vote in it", () => {
    expect(recovered(wal(WRITE), snapshot(9, 4))).toMatchObject({ term: 4, votedFor: undefined });
    expect(recovered(wal({ ...WRITE, term: 4 }), snapshot(9, 4))).toMatchObject({ term: 4, votedFor: replica(2) });
  });

  test("of an observer's disk, a snapshot alone, promised nothing", () => {
    expect(recovered(new Uint8Array(0), snapshot(9, 4))).toMatchObject({ term: 4, base: { index: 9 }, hasPromised: false });
  });

  test("refuses a log that begins behind its snapshot, or has none (KAFKA-14240)", () => {
    const rewritten = wal({ ...WRITE, base: { index: 7, term: 1 }, entries: [] });
    expect(() => recovered(rewritten)).toThrow(CorruptSnapshotError);
    expect(() => recovered(rewritten, snapshot(6, 1))).toThrow("the log begins behind entry 7");
    expect(recovered(rewritten, snapshot(7, 1)).base.index).toBe(7);
  });

  test("refuses a damaged snapshot", () => {
    expect(() => recovered(wal(WRITE), snapshot(2, 1).fill(0, 40))).toThrow(CorruptSnapshotError);
  });

  test("after which the first write begins a new file where the old one can't be continued, and its recovery gives the same", () => {
    const file = snapshot(9, 4);
    const node = new RaftNode(OPTIONS, recovered(wal(WRITE), file), 0);
    node.drain();
    node.step(
      {
        type: "message",
        from: replica(2),
        message: { type: "append-request", term: 5, sequence: 1, previousIndex: 9, previousTerm: 4, commitIndex: 9, entries: [entry(10, 5)] },
      },
      0,
    );
    const write = node.drain().find((output) => output.type === "persist")?.write;
    expect(write).toMatchObject({ base: { index: 9, term: 4 }, entries: [{ index: 10 }] });
    if (write !== undefined) expect(recovered(wal(write), file)).toMatchObject({ term: 5, base: { index: 9 }, entries: [{ index: 10 }] });
  });
});
