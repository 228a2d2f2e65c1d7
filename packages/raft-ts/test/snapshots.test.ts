import { describe, expect, test } from "vitest";
import { encodeSnapshot, type Snapshot, type SnapshotChunk } from "../src/index.ts";
import { resolveOptions } from "../src/options.ts";
import { Snapshots } from "../src/snapshots.ts";
import { OPTIONS } from "./support/bench.ts";
import { crc32c } from "./support/crc.ts";
import { entry, voters } from "./support/replicas.ts";

const VOTERS = voters(1, 2, 3);
const snapshotAt = (index: number) => encodeSnapshot({ index, term: 1, voters: VOTERS, data: new Uint8Array(100).fill(index) }, crc32c);
const piece = (snapshot: Snapshot, position: number, length = 50): SnapshotChunk => ({
  type: "snapshot-chunk",
  term: 1,
  sequence: 1,
  snapshot: snapshot.id,
  position,
  bytes: snapshot.file.subarray(position, position + length),
});
const made = (limits = {}) => new Snapshots(resolveOptions({ ...OPTIONS, limits }), undefined);

/** Sends pieces until it is whole. */
function receiveAll(snapshots: Snapshots, snapshot: Snapshot): Snapshot | undefined {
  let received = snapshots.receive(piece(snapshot, 0));
  for (let i = 0; received?.type === "wanted" && i < 20; i++) received = snapshots.receive(piece(snapshot, received.position));
  return received?.type === "whole" ? received.snapshot : undefined;
}

describe("a snapshot that comes in pieces", () => {
  test("is whole when its last byte is there", () => {
    const snapshot = snapshotAt(5);
    expect(receiveAll(made(), snapshot)).toEqual(snapshot);
  });

  test("goes on where it stopped, whoever sends it, and asks for what it has not when a piece is lost or comes twice", () => {
    const snapshots = made();
    const snapshot = snapshotAt(5);
    snapshots.receive(piece(snapshot, 0));
    expect(snapshots.receive(piece(snapshot, 100))).toEqual({ type: "wanted", position: 50 });
    expect(snapshots.receive(piece(snapshot, 0))).toEqual({ type: "wanted", position: 50 });
    expect(snapshots.receive(piece(snapshot, 50))).toEqual({ type: "wanted", position: 100 });
  });

  test("begins anew when another one comes", () => {
    const snapshots = made();
    snapshots.receive(piece(snapshotAt(5), 0));
    expect(snapshots.receive(piece(snapshotAt(6), 50))).toEqual({ type: "wanted", position: 0 });
  });

  test("is asked for from its first byte when it was damaged on the way, in any piece", () => {
    const snapshot = snapshotAt(5);
    const snapshots = made();
    for (let position = 0; position < snapshot.file.length; position += 50) {
      const chunk = piece(snapshot, position);
      const received = snapshots.receive(position === 50 ? { ...chunk, bytes: chunk.bytes.map((byte) => byte ^ 1) } : chunk);
      if (position + 50 >= snapshot.file.length) expect(received).toEqual({ type: "wanted", position: 0 });
    }
  });

  test("is not the one it says it is: refused, though its own checksums fit", () => {
    const snapshots = made();
    const other = snapshotAt(6);
    const claimed = { ...piece(other, 0, other.file.length), snapshot: { ...other.id, index: 7 } };
    expect(snapshots.receive(claimed)).toEqual({ type: "wanted", position: 0 });
  });

  test("is not taken where it is larger than allowed, at the bound and not below", () => {
    const snapshot = snapshotAt(5);
    expect(made({ maxSnapshotBytes: snapshot.file.length - 1 }).receive(piece(snapshot, 0))).toBeUndefined();
    expect(made({ maxSnapshotBytes: snapshot.file.length }).receive(piece(snapshot, 0))).toBeDefined();
  });

  test("is not wanted while it, or a newer one, is being stored: the older would be written over the newer", () => {
    const snapshots = made();
    const newer = snapshotAt(9);
    snapshots.store(newer);
    expect(snapshots.receive(piece(newer, 0))).toEqual({ type: "wanted", position: newer.id.size });
    const older = snapshotAt(5);
    expect(snapshots.receive(piece(older, 0))).toEqual({ type: "wanted", position: older.id.size });
  });
});

describe("a snapshot of one's own", () => {
  test("is due by entries or by bytes, and not again while one is being taken", () => {
    const snapshots = made({ snapshotAfterEntries: 3, snapshotAfterBytes: 100 });
    expect([1, 2, 3].map((index) => snapshots.isDueAfter(entry(index, 1)))).toEqual([false, false, true]);
    snapshots.begin({ index: 3, term: 1, voters: VOTERS });
    expect([4, 5, 6].map((index) => snapshots.isDueAfter(entry(index, 1)))).toEqual([false, false, false]);
    expect(snapshots.taken(3, new Uint8Array(1))?.index).toBe(3);
    expect(snapshots.isDueAfter(entry(7, 1))).toBe(true);
    expect(made({ snapshotAfterBytes: 2 }).isDueAfter(entry(1, 1, [1, 2]))).toBe(true);
  });

  test("that nobody asked for, or that is older than one that came meanwhile, is dropped", () => {
    const snapshots = made();
    expect(snapshots.taken(3, new Uint8Array(1))).toBeUndefined();
    snapshots.begin({ index: 3, term: 1, voters: VOTERS });
    snapshots.store(snapshotAt(9));
    expect(snapshots.taken(3, new Uint8Array(1))).toBeUndefined();
    snapshots.begin({ index: 10, term: 1, voters: VOTERS });
    snapshots.restored();
    expect(snapshots.taken(10, new Uint8Array(1))).toBeUndefined();
  });

  test("is the current one when it is stored, unless a newer one is", () => {
    const snapshots = made();
    const [first, second] = [snapshots.store(snapshotAt(5)), snapshots.store(snapshotAt(6))];
    expect(snapshots.complete(second)?.index).toBe(6);
    snapshots.complete(first);
    expect(snapshots.current?.index).toBe(6);
    expect(snapshots.complete(99)).toBeUndefined();
  });
});
