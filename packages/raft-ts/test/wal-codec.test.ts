import { describe, expect, test } from "vitest";
import { CorruptWalError, encodeVoters, encodeWrite, LOG_START, type PersistedWrite, recoverWal } from "../src/index.ts";
import { crc32c } from "./support/crc.ts";
import { entry, replica, voters } from "./support/replicas.ts";

const NOTHING: PersistedWrite = { term: 1, votedFor: undefined, truncateFrom: 0, base: undefined, entries: [] };
const WRITES: readonly PersistedWrite[] = [
  { ...NOTHING, votedFor: replica(2) },
  { ...NOTHING, votedFor: replica(2), entries: [entry(1, 1, [], "barrier"), entry(2, 1), entry(3, 1)] },
  { ...NOTHING, term: 3, truncateFrom: 2, entries: [entry(2, 3), entry(3, 3, [...encodeVoters(voters(1, 2))], "voters")] },
];
/** What a snapshot up to (7, 2) leaves of a log. */
const BEHIND: PersistedWrite = { ...NOTHING, term: 3, base: { index: 7, term: 2 }, entries: [entry(8, 2), entry(9, 3)] };
const frames = (writes: readonly PersistedWrite[] = WRITES): readonly Uint8Array[] => writes.map((write) => encodeWrite(write, crc32c));
const join = (parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]));
const flipped = (bytes: Uint8Array, at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 0x10 : byte));

describe("the write-ahead log", () => {
  test("gives back term, vote and entries, with truncations replayed", () => {
    const bytes = join(frames());
    const { past, validBytes, droppedBytes } = recoverWal(bytes, crc32c);
    expect({ ...past }).toEqual({ term: 3, votedFor: undefined, base: LOG_START, entries: [entry(1, 1, [], "barrier"), ...(WRITES[2]?.entries ?? [])] });
    expect({ validBytes, droppedBytes }).toEqual({ validBytes: bytes.length, droppedBytes: 0 });
  });

  test("of a new node is empty", () => {
    const { past, validBytes } = recoverWal(new Uint8Array(0), crc32c);
    expect({ ...past, validBytes }).toEqual({ term: 0, votedFor: undefined, base: LOG_START, entries: [], validBytes: 0 });
  });

  test("that begins behind a snapshot goes on from there", () => {
    const bytes = join(frames([BEHIND, { ...NOTHING, term: 4, votedFor: replica(1), truncateFrom: 9, entries: [entry(9, 4)] }]));
    expect({ ...recoverWal(bytes, crc32c).past }).toEqual({ term: 4, votedFor: replica(1), base: { index: 7, term: 2 }, entries: [entry(8, 2), entry(9, 4)] });
  });

  test("keeps its layout: term, truncation, base, first index, count, vote, then the entries with their kinds", () => {
    const frame = encodeWrite({ ...BEHIND, votedFor: { id: 1, directoryId: "xy" }, entries: [entry(8, 3, [0xab], "barrier")] }, crc32c);
    const hex = [...frame].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    const fixed = ["00000003", "0000000000000000", "0000000000000007", "00000002", "0000000000000008", "00000001", "00000001", "02"];
    expect(hex.slice(0, 16)).toBe("5246543200000035");
    expect(hex.slice(32)).toBe([...fixed, "7879", "00000003", "01", "00000001", "ab"].join(""));
  });

  test("cut anywhere in its last frame is recovered up to the frame before", () => {
    const [first = new Uint8Array(0), ...rest] = frames();
    const whole = join([first, ...rest]);
    const lastStart = whole.length - (rest.at(-1)?.length ?? 0);
    for (let length = lastStart; length < whole.length; length++) {
      const { validBytes, droppedBytes, past } = recoverWal(whole.subarray(0, length), crc32c);
      expect([validBytes, droppedBytes, past.term]).toEqual([lastStart, length - lastStart, 1]);
    }
  });

  test("with any bit of its last frame flipped, or zeros behind it, drops the tail", () => {
    const whole = join(frames());
    const lastStart = whole.length - (frames().at(-1)?.length ?? 0);
    for (let at = lastStart; at < whole.length; at++) expect(recoverWal(flipped(whole, at), crc32c).validBytes).toBe(lastStart);
    expect(recoverWal(join([whole, new Uint8Array(4096)]), crc32c)).toMatchObject({ validBytes: whole.length, droppedBytes: 4096 });
  });

  test("with any bit of an earlier frame flipped is refused: what was synced is lost", () => {
    const whole = join(frames());
    const lastStart = whole.length - (frames().at(-1)?.length ?? 0);
    for (let at = 0; at < lastStart; at++) expect(() => recoverWal(flipped(whole, at), crc32c)).toThrow(CorruptWalError);
  });

  test("says where it is damaged and what to do", () => {
    const whole = join(frames());
    expect(() => recoverWal(flipped(whole, 20), crc32c)).toThrow("damaged at byte 0");
    expect(() => recoverWal(flipped(whole, 20), crc32c)).toThrow("this voter has forgotten");
  });

  test("does not take a frame inside the payload of a torn frame for a later one", () => {
    const inner = encodeWrite({ ...NOTHING, term: 9 }, crc32c);
    const outer = encodeWrite({ ...NOTHING, entries: [entry(1, 1, [...inner, 0, 0])] }, crc32c);
    expect(recoverWal(outer.subarray(0, outer.length - 1), crc32c).validBytes).toBe(0);
  });

  test("with a good checksum and impossible content is refused", () => {
    const impossible: readonly (readonly PersistedWrite[])[] = [
      [{ ...NOTHING, term: 2 }, NOTHING],
      [{ ...NOTHING, entries: [entry(2, 1)] }],
      [{ ...NOTHING, truncateFrom: 1 }],
      [{ ...NOTHING, entries: [entry(1, 2)] }],
      [{ ...NOTHING, entries: [entry(1, 1, [9, 9], "voters")] }],
      [{ ...NOTHING, votedFor: { id: 1, directoryId: "" } }],
      // A file that begins anew in its middle, before its base, behind a gap, or in a term that was not yet.
      [NOTHING, BEHIND],
      [BEHIND, { ...NOTHING, term: 3, truncateFrom: 7 }],
      [{ ...BEHIND, entries: [entry(9, 3)] }],
      [{ ...BEHIND, entries: [entry(8, 1)] }],
      [{ ...BEHIND, term: 1, entries: [] }],
    ];
    for (const writes of impossible) expect(() => recoverWal(join(frames(writes)), crc32c)).toThrow(CorruptWalError);
  });
});
